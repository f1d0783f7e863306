import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../src/config/config.ts";
import { createStoredRules } from "../src/groups/stored-rules.ts";
import { createStore } from "../src/store/create-store.ts";
import { start } from "./support/fairlead.ts";
import { cluster } from "./support/resources.ts";
import { until } from "./support/until.ts";

const groups = [{ group: "one" }];
const toTwo = { rules: [{ id: "edge-*", group: "two" }, { group: "one" }] };

test("rules that are put move a connected node at once; wrong ones change nothing; they go back", async (t) => {
  const { put, request, proxy } = await start(t, { config: { groups } });
  await put("one", [cluster("a")]);
  await put("two", [cluster("b")]);
  const client = proxy("edge-1");
  const holds = (name: string) =>
    until(`it holds ${name}`, () => [...client.resources(TYPE_URLS.cluster).keys()].includes(name));
  await holds("a");
  const configured = await request("GET", "/v1/rules");
  assert.deepEqual(configured.body, { from: "configuration", revision: 0, rules: [{ group: "one", ifExists: false }] });

  const wrong = await request("PUT", "/v1/rules", { rules: [{ group: "one" }, { id: "x", group: "{node.nonsense}" }] });
  assert.deepEqual([wrong.status, wrong.body.code], [400, "request-invalid"]);
  assert.deepEqual([wrong.body.faults[0].pointer, wrong.body.faults[0].line], ["/rules/1/group", 1]);
  assert.equal((await request("PUT", "/v1/rules", { rules: [{ idd: "x", group: "one" }] })).status, 400);
  assert.equal((await request("PUT", "/v1/rules", toTwo, { "if-match": '"7"' })).status, 412);
  const tried = await request("PUT", "/v1/rules?dryRun=true", toTwo, { "if-none-match": "*" });
  assert.deepEqual([tried.status, tried.body.changed, tried.body.counts.documents.added], [200, true, 1]);
  assert.deepEqual(tried.body.differences[0].fields[0].after[0].group, "two");
  assert.equal((await request("PUT", "/v1/rules?dryRun=true", toTwo, { "if-match": "*" })).status, 412);
  assert.deepEqual((await request("GET", "/v1/rules")).body, configured.body, "nothing was changed");

  const done = await request("PUT", "/v1/rules?author=ana&reason=two", toTwo, { "if-none-match": "*" });
  assert.deepEqual([done.status, done.body.changed], [200, true], JSON.stringify(done.body));
  await holds("b");
  assert.equal((await request("GET", "/v1/nodes/edge-1")).body.clients[0].group, "two");
  const shown = await request("GET", "/v1/rules");
  assert.deepEqual([shown.body.from, shown.body.revision], ["store", done.body.revision]);
  assert.equal(shown.headers.get("etag"), `"${done.body.revision}"`);
  assert.equal((await request("PUT", "/v1/rules", toTwo, { "if-none-match": "*" })).status, 412);
  const [newest] = (await request("GET", "/v1/revisions?limit=1")).body.revisions;
  assert.deepEqual([newest.revision, newest.author, newest.reason], [done.body.revision, "ana", "two"]);

  const etag = shown.headers.get("etag")!;
  assert.equal((await request("DELETE", "/v1/rules", undefined, { "if-match": etag })).body.changed, true);
  await holds("a");
  assert.equal((await request("GET", "/v1/rules")).body.from, "configuration");
  assert.equal((await request("DELETE", "/v1/rules")).body.changed, false);

  const back = await request("POST", `/v1/revisions/${done.body.revision}/rollback`);
  assert.deepEqual([back.status, back.body.counts.documents.added], [200, 1], JSON.stringify(back.body));
  await holds("b");
  assert.deepEqual((await request("GET", "/v1/rules")).body.rules, shown.body.rules);
});

test("a restart on SQLite keeps them", async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), "fairlead-rules-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const config = { groups, dataDir };
  const first = await start(t, { config });
  await first.put("two", [cluster("b")]);
  await first.request("PUT", "/v1/rules", toTwo);
  const before = (await first.request("GET", "/v1/rules")).body;
  await first.fairlead.close();
  const second = await start(t, { config });
  assert.equal(before.from, "store");
  assert.deepEqual((await second.request("GET", "/v1/rules")).body, before);
  const client = second.proxy("edge-1");
  await until("it is served by them", () => client.resources(TYPE_URLS.cluster).has("b"));
});

test("a document that is no list of rules counts as none, and changes of others are not told", async () => {
  const store = createStore();
  const rules = createStoredRules(store, configOf({ groups }).groups);
  const told: string[] = [];
  rules.follow(({ from }) => told.push(from));
  await store.commit([{ kind: "document", key: "rules/groups", value: [{ group: "two", ifExists: false }] }]);
  await store.commit([{ kind: "document", key: "templates/g", value: {} }]);
  await store.commit([{ kind: "document", key: "rules/groups", value: { another: "format" } }]);
  assert.deepEqual(told, ["store", "configuration"]);
});
