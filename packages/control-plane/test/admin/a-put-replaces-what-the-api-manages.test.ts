import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";

const names = (answer: { body: { resources: { name: string }[] } }) => answer.body.resources.map(({ name }) => name);

test("a PUT replaces atomically what the API manages, and leaves what files define", async (t) => {
  const { put, request } = await start(t, { files: { "a.yaml": fileOf(cluster("from-file")) } });
  const first = await put("default", [cluster("a"), cluster("b")]);
  assert.equal(first.status, 200);
  assert.equal(first.body.changed, true);
  const second = await put("default", [cluster("b"), cluster("c")]);
  assert.ok(second.body.revision > first.body.revision);
  const listed = await request("GET", "/v1/groups/default/resources");
  assert.deepEqual(names(listed), ["b", "c", "from-file"]);
  assert.deepEqual(
    listed.body.resources.map(({ owner }: { owner: string }) => owner),
    ["api", "api", "file"],
  );
  assert.equal(listed.body.revision, second.body.revision);
});

test("equal content makes no new revision, and has the same versions", async (t) => {
  const { put } = await start(t);
  const first = await put("g", [cluster("a"), cluster("b")]);
  const again = await put("g", [cluster("b"), cluster("a")]);
  assert.deepEqual(again.body, { ...first.body, changed: false, counts: { added: 0, changed: 0, removed: 0 } });
  const other = await put("g", [cluster("b"), cluster("a", "6s")]);
  assert.notEqual(other.body.versions[TYPE_URLS.cluster], first.body.versions[TYPE_URLS.cluster]);
  const back = await put("g", [cluster("a"), cluster("b")]);
  assert.equal(back.body.versions[TYPE_URLS.cluster], first.body.versions[TYPE_URLS.cluster]);
});

test("a dry run answers as if, and changes nothing", async (t) => {
  const { put, request } = await start(t);
  const first = await put("g", [cluster("a")]);
  const dry = await put("g", [cluster("b")], "?dryRun=true");
  assert.equal(dry.status, 200);
  assert.equal(dry.body.changed, true);
  assert.equal(dry.body.revision, first.body.revision);
  assert.notEqual(dry.body.versions[TYPE_URLS.cluster], first.body.versions[TYPE_URLS.cluster]);
  assert.deepEqual(names(await request("GET", "/v1/groups/g/resources")), ["a"]);
  const bad = await put("g", [{ "@type": TYPE_URLS.cluster }], "?dryRun=true");
  assert.equal(bad.status, 400);
});

test("a group is not emptied by accident", async (t) => {
  const { put } = await start(t);
  await put("g", [cluster("a")]);
  const refused = await put("g", []);
  assert.equal(refused.status, 409);
  assert.equal(refused.body.code, "group-emptied");
  const meant = await put("g", [], "?allowEmpty=true");
  assert.equal(meant.status, 200);
  assert.deepEqual(meant.body.versions, {});
});

test("DELETE withdraws what the API manages, and no more", async (t) => {
  const { put, request } = await start(t, { files: { "a.yaml": fileOf(cluster("from-file")) } });
  await put("default", [cluster("a")]);
  await put("only-api", [cluster("a")]);
  assert.equal((await request("DELETE", "/v1/groups/default/resources")).status, 200);
  assert.deepEqual(names(await request("GET", "/v1/groups/default/resources")), ["from-file"]);
  assert.equal((await request("DELETE", "/v1/groups/only-api/resources?dryRun=true")).body.changed, true);
  assert.equal((await request("DELETE", "/v1/groups/only-api/resources")).body.changed, true);
  const gone = await request("DELETE", "/v1/groups/only-api/resources");
  assert.equal(gone.status, 404);
  assert.equal(gone.body.code, "group-unknown");
});

test("resources are listed by type, name and owner, in pages", async (t) => {
  const { put, request } = await start(t, { files: { "a.yaml": fileOf(cluster("z")) } });
  const endpoints = { "@type": TYPE_URLS.endpoints, cluster_name: "a" };
  await put("default", [cluster("a"), cluster("b"), endpoints]);
  const get = (query: string) => request("GET", `/v1/groups/default/resources?${query}`);
  assert.deepEqual(names(await get("type=cds")), ["a", "b", "z"]);
  assert.deepEqual(names(await get(`type=${encodeURIComponent(TYPE_URLS.endpoints)}`)), ["a"]);
  assert.deepEqual(names(await get("name=a")), ["a", "a"]);
  assert.deepEqual(names(await get("owner=file")), ["z"]);
  assert.equal((await get("type=nonsense")).body.code, "type-unknown");
  const seen: string[] = [];
  let after = "";
  for (let page = await get("limit=2"); ; page = await get(`limit=2&after=${encodeURIComponent(after)}`)) {
    assert.ok(page.body.resources.length <= 2);
    seen.push(...names(page));
    if (page.body.next === undefined) break;
    after = page.body.next;
  }
  assert.deepEqual(seen, ["a", "b", "z", "a"]);
});

test("secrets are taken, and never shown", async (t) => {
  const { put, request } = await start(t);
  const tls = {
    certificate_chain: { inline_string: "CERTIFICATE" },
    private_key: { inline_string: "PRIVATE" },
    password: { inline_bytes: "cGFzcw==" },
  };
  assert.equal((await put("g", [{ "@type": TYPE_URLS.secret, name: "s", tls_certificate: tls }])).status, 200);
  const { body } = await request("GET", "/v1/groups/g/resources");
  assert.deepEqual(body.resources[0].resource.tlsCertificate, {
    certificateChain: { inlineString: "CERTIFICATE" },
    privateKey: { inlineString: "[redacted]" },
    password: { inlineBytes: "[redacted]" },
  });
});
