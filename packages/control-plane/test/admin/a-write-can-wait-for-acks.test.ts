import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream } from "@fairlead/xds";
import { formatHostPort } from "../../src/config/config.ts";
import { type RunningFairlead, start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

/** Starts with a group `g`, and waits until each of these proxies holds it. */
async function startWith(t: TestContext, ...connect: ((running: RunningFairlead) => unknown)[]) {
  const running = await start(t, { config: { groups: [{ group: "g" }] } });
  await running.put("g", [cluster("a")]);
  for (const one of connect) one(running);
  await until("all proxies hold it", async () => {
    const { body } = await running.request("GET", "/v1/nodes?state=SYNCED");
    return body.nodes.filter(({ types }: { types: unknown[] }) => types.length > 0).length === connect.length;
  });
  return running;
}

test("a write answers when every proxy has ACKed", async (t) => {
  const { put, request } = await startWith(
    t,
    ({ proxy }) => proxy("one"),
    ({ proxy }) => proxy("two"),
  );
  const answer = await put("g", [cluster("b")], "?wait=acked");
  assert.equal(answer.status, 200);
  assert.equal(answer.body.wait.outcome, "acked");
  assert.equal(answer.body.wait.acked, 2);
  const { body } = await request("GET", "/v1/nodes");
  for (const { types } of body.nodes) assert.ok(types[0].confirmedRevision >= answer.body.revision);
  // Its ACK is followed by a last look at what may be due to it, which is not a wait for it.
  await until("nothing is due to them", async () => {
    const { nodes } = (await request("GET", "/v1/nodes")).body;
    return nodes.every(({ state }: { state: string }) => state === "SYNCED");
  });
});

test("who rejects a write is named, with its own words", async (t) => {
  const { put } = await startWith(
    t,
    ({ proxy }) => proxy("content"),
    ({ proxy }) => proxy("picky", ({ resources }) => resources.find(({ name }) => name === "bad") && "no, thank you"),
  );
  const { status, body } = await put("g", [cluster("bad")], "?wait=acked");
  assert.equal(status, 424);
  assert.equal(body.code, "proxies-rejected");
  assert.match(body.detail, /Revision \d+ is made, and 1 of its proxies rejected it\. picky says .*no, thank you/);
  assert.equal(body.wait.outcome, "rejected");
  assert.equal(body.wait.acked, 1);
  assert.deepEqual(
    body.wait.rejected.map((it: Record<string, string>) => [it.node, it.typeUrl, it.message]),
    [["picky", TYPE_URLS.cluster, "no, thank you"]],
  );
  const fixed = await put("g", [cluster("good")], "?wait=acked");
  assert.equal(fixed.status, 200);
  assert.ok(fixed.body.revision > body.revision);
  assert.equal(fixed.body.wait.outcome, "acked", "an old rejection does not count against a new write");
});

test("who does not answer is named when the time is over, and who leaves is not waited for", async (t) => {
  const { put, fairlead } = await startWith(t, ({ proxy }) => proxy("awake"));
  const target = formatHostPort(fairlead.xdsAddress);
  const silent = openRawStream({ target, mode: "sotw", node: { id: "silent" } });
  t.after(() => silent.close());
  silent.subscribe(TYPE_URLS.cluster);
  silent.ack(await silent.next());
  const late = await put("g", [cluster("b")], "?wait=acked&timeout=200ms");
  assert.equal(late.status, 202);
  assert.equal(late.body.wait.outcome, "timeout");
  assert.equal(late.body.wait.acked, 1);
  assert.deepEqual(
    late.body.wait.pending.map(({ node, typeUrl }: Record<string, string>) => [node, typeUrl]),
    [["silent", TYPE_URLS.cluster]],
  );
  await silent.next();
  const waiting = put("g", [cluster("c")], "?wait=acked&timeout=10m");
  await silent.close();
  const { wait } = (await waiting).body;
  assert.equal(wait.outcome, "acked");
  assert.equal(wait.acked, 1);
});

test("one that only watches holds nobody up", async (t) => {
  const { put, proxy, request } = await startWith(t, ({ proxy }) => proxy("stays"));
  proxy("watcher", () => "never", "fairlead-watch/1");
  await until("the watcher has rejected", async () => {
    const { body } = await request("GET", "/v1/nodes?observers=true&state=REJECTED");
    return body.nodes.length === 1;
  });
  assert.equal((await request("GET", "/v1/nodes")).body.nodes.length, 1, "it is not listed unless asked for");
  const { body } = await put("g", [cluster("b")], "?wait=acked");
  assert.equal(body.wait.outcome, "acked");
  assert.equal(body.wait.acked, 1);
});

test("an unchanged write waits for those that have not yet taken what there is", async (t) => {
  const { put } = await startWith(t, ({ proxy }) => proxy("one"));
  const { body } = await put("g", [cluster("a")], "?wait=acked");
  assert.equal(body.changed, false);
  assert.equal(body.wait.outcome, "acked");
});
