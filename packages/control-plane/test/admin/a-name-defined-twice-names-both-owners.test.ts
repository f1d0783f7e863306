import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";

test("a name that a file defines is refused to the API, naming both owners", async (t) => {
  const { put, request } = await start(t, { files: { "clusters.yaml": fileOf(cluster("a")) } });
  const answer = await put("default", [cluster("b"), cluster("a", "9s")]);
  assert.equal(answer.status, 409);
  assert.equal(answer.body.code, "name-taken");
  assert.equal(answer.body.faults[0].pointer, "/resources/1");
  assert.match(answer.body.detail, /clusters\.yaml/);
  assert.match(answer.body.detail, /\bapi\b/);
  const { body } = await request("GET", "/v1/groups/default/resources");
  assert.deepEqual(
    body.resources.map(({ name }: { name: string }) => name),
    ["a"],
    "nothing was changed",
  );
});
