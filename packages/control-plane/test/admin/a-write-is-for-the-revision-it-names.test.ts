import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";

const PATH = "/v1/groups/g/resources";

test("a write for another revision than the present one changes nothing, and is told that one", async (t) => {
  const { request, put } = await start(t);
  const first = await put("g", [cluster("a")]);
  const read = await request("GET", PATH);
  const etag = read.headers.get("etag")!;
  assert.equal(etag, `"${first.body.revision}"`);
  const second = await request("PUT", PATH, { resources: [cluster("b")] }, { "if-match": etag });
  assert.equal(second.status, 200);
  assert.equal(second.headers.get("etag"), `"${second.body.revision}"`);

  const bodies = { PUT: { resources: [cluster("c")] }, PATCH: { upsert: [cluster("c")] }, DELETE: undefined };
  for (const [method, body] of Object.entries(bodies)) {
    for (const query of ["", "?dryRun=true"]) {
      const late = await request(method, PATH + query, body, { "if-match": etag });
      assert.equal(late.status, 412, method);
      assert.equal(late.body.code, "precondition-failed");
      assert.equal(late.body.revision, second.body.revision);
    }
    const weak = await request(method, PATH, body, { "if-match": `W/"${second.body.revision}"` });
    assert.equal(weak.status, 412, "a weak tag is never the same content");
  }
  const current = await request("GET", PATH);
  assert.equal(current.headers.get("etag"), second.headers.get("etag"), "nothing was changed");
  const either = { "if-match": `${etag}, ${second.headers.get("etag")}` };
  assert.equal((await request("PATCH", PATH, { upsert: [cluster("c")] }, either)).status, 200);
});

test("of two writes for one revision, one is done", async (t) => {
  const { request, put } = await start(t);
  const first = await put("g", [cluster("a")]);
  const headers = { "if-match": `"${first.body.revision}"` };
  const names = Array.from({ length: 8 }, (_, i) => `n${i}`);
  const answers = await Promise.all(names.map((name) => request("PATCH", PATH, { upsert: [cluster(name)] }, headers)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.equal(answers.filter(({ status }) => status === 412).length, names.length - 1);
});

test("If-Match: * is for a group that exists, If-None-Match: * for one that does not", async (t) => {
  const { request } = await start(t);
  const put = (headers: Record<string, string>, name = "a") =>
    request("PUT", PATH, { resources: [cluster(name)] }, headers);
  const missing = await put({ "if-match": "*" });
  assert.equal(missing.status, 412);
  assert.equal(missing.body.revision, undefined, "there is none");
  assert.equal((await put({ "if-none-match": "*" })).status, 200);
  assert.equal((await put({ "if-none-match": "*" }, "b")).status, 412);
  assert.equal((await put({ "if-match": "*" }, "b")).status, 200);
  const unquoted = await put({ "if-match": "123" });
  assert.equal(unquoted.status, 400);
  assert.match(unquoted.body.detail, /in quotes/);
});

test("who has the content already is not sent it again", async (t) => {
  const { request, put } = await start(t);
  await put("g", [cluster("a")]);
  const etag = (await request("GET", PATH)).headers.get("etag")!;
  const same = await request("GET", PATH, undefined, { "if-none-match": etag });
  assert.equal(same.status, 304);
  assert.equal(same.body, "");
  assert.equal(same.headers.get("etag"), etag);
  await put("g", [cluster("b")]);
  assert.equal((await request("GET", PATH, undefined, { "if-none-match": etag })).status, 200);
});
