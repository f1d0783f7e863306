// protocol.md C1
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { StatusCode } from "../../src/grpc/status.ts";
import { commit, namesIn, resource, shareConnection, startServer } from "./started-server.ts";

const { cluster, endpoints, listener } = TYPE_URLS;

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: a first request without a node is refused (C1)`, async (t) => {
    const { stream } = await startServer(t);
    const nameless = stream({ mode, node: undefined });
    nameless.subscribe(cluster);
    const { code, message } = await nameless.ended;
    assert.equal(code, StatusCode.INVALID_ARGUMENT);
    assert.match(message, /node/);
  });

  test(`${mode}: later requests need no node, and streams of one connection have their own (C1)`, async (t) => {
    const { cache, stream, target } = await startServer(t);
    commit(cache, [resource(cluster, "of-a"), resource(listener, "la")], "a");
    commit(cache, [resource(cluster, "of-b"), resource(listener, "lb")], "b");
    const channel = shareConnection(t, target);
    const a = stream({ mode, node: { id: "a" }, channel });
    const b = stream({ mode, node: { id: "b" }, channel });
    a.subscribe(cluster);
    b.subscribe(cluster);
    assert.deepEqual(namesIn(await a.nextAcked(cluster)), ["of-a"]);
    assert.deepEqual(namesIn(await b.nextAcked(cluster)), ["of-b"]);
    // Only the first request of a raw stream carries the node.
    a.subscribe(listener);
    b.subscribe(listener);
    assert.deepEqual(namesIn(await a.nextAcked(listener)), ["la"]);
    assert.deepEqual(namesIn(await b.nextAcked(listener)), ["lb"]);
  });
}

test("the node of each stream of one type is its own, too (C1)", async (t) => {
  const { cache, stream, target } = await startServer(t);
  commit(cache, [resource(endpoints, "e", "a")], "a");
  commit(cache, [resource(endpoints, "e", "b")], "b");
  const channel = shareConnection(t, target);
  const streams = ["a", "b"].map((id) => stream({ mode: "delta", typeUrl: endpoints, node: { id }, channel }));
  const versions = new Set<string>();
  for (const each of streams) {
    each.subscribe(endpoints, ["e"]);
    versions.add((await each.nextAcked()).resources[0]!.version);
  }
  assert.equal(versions.size, 2);
});
