import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";

test("a version of the user's own names one content, until DELETE forgets it", async (t) => {
  const { request, proxy } = await start(t);
  const put = (timeout: string, label: string) =>
    request("PUT", "/v1/groups/g/resources", {
      resources: [cluster("a", timeout)],
      versions: { [TYPE_URLS.cluster]: label },
    });
  const first = await put("1s", "commit-1");
  assert.deepEqual(first.body.versions, { [TYPE_URLS.cluster]: "commit-1" });
  const conflict = await put("2s", "commit-1");
  assert.equal(conflict.status, 409);
  assert.equal(conflict.body.code, "label-conflict");
  assert.equal((await put("2s", "commit-2")).status, 200);
  assert.equal((await put("1s", "commit-1")).status, 200, "the same content under its own label, again");
  await request("DELETE", "/v1/groups/g/resources");
  assert.equal((await put("2s", "commit-1")).status, 200, "forgotten");

  const { promise, resolve } = Promise.withResolvers<string>();
  proxy("g", ({ version }) => {
    resolve(version);
    return undefined;
  });
  assert.equal(await promise, "commit-1", "a wildcard subscription gets it verbatim");
});

test("a label is 1 to 128 characters", async (t) => {
  const { request } = await start(t);
  const put = (label: string) =>
    request("PUT", "/v1/groups/g/resources", { resources: [cluster("a")], versions: { cds: label } });
  assert.equal((await put("x".repeat(128))).status, 200);
  for (const label of ["", "x".repeat(129)]) {
    const answer = await put(label);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.faults[0].pointer, "/versions/cds");
  }
});
