// protocol.md O3, W7
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { RawXdsStream } from "../../src/client/raw-stream.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { cluster, endpoints } = TYPE_URLS;
const EXPIRES = "xds.config.supports-resource-ttl";
/** Heartbeats come at half of it. */
const ttlMs = 1_000;

test("delta: a heartbeat has name, version and ttl, but no body, and no other resource with it (O3)", async (t) => {
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "brief", "x", { ttlMs }), resource(cluster, "lasting")]);
  const ads = stream({ mode: "delta", node: { id: "n", clientFeatures: [EXPIRES] } });
  ads.subscribe(cluster);
  const [brief] = (await ads.nextAcked(cluster)).resources;
  assert.equal(brief!.ttlMs, ttlMs);
  for (let beat = 0; beat < 2; beat++) {
    const { resources, removed } = await ads.nextAcked(cluster);
    assert.deepEqual(namesIn({ resources, removed }), ["brief"]);
    assert.deepEqual(
      [resources[0]!.value, resources[0]!.ttlMs, resources[0]!.version],
      [undefined, ttlMs, brief!.version],
    );
  }
});

for (const unwraps of ["xds.config.resource-in-sotw", "xds.config.supports-resource-in-sotw"]) {
  test(`SotW with ${unwraps}: what expires comes again with its body; clusters come whole (O3, W2)`, async (t) => {
    const { cache, stream } = await startServer(t);
    const content = (type: string) => [resource(type, "brief", "x", { ttlMs }), resource(type, "lasting")];
    commit(cache, [...content(cluster), ...content(endpoints)]);
    const ads = stream({ mode: "sotw", node: { id: "n", clientFeatures: [EXPIRES, unwraps] } });
    ads.subscribe(cluster);
    const clusters = await ads.nextAcked(cluster);
    ads.subscribe(endpoints, ["brief", "lasting"]);
    const assignments = await ads.nextAcked(endpoints);
    const again = await ads.nextAcked(cluster);
    assert.deepEqual([namesIn(again), again.version], [["brief", "lasting"], clusters.version]);
    const renewed = await ads.nextAcked(endpoints);
    assert.deepEqual([namesIn(renewed), renewed.version], [["brief"], assignments.version]);
    for (const [sent] of [again.resources, renewed.resources]) {
      assert.deepEqual([sent!.ttlMs, sent!.value !== undefined], [ttlMs, true]);
    }
  });
}

test("a client without the features gets neither a ttl nor heartbeats (O3)", async (t) => {
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "brief", "x", { ttlMs: 100 })]);
  const unable: RawXdsStream[] = [];
  for (const [mode, clientFeatures] of [
    ["delta", []],
    ["sotw", [EXPIRES]],
    ["sotw", ["xds.config.resource-in-sotw"]],
  ] as const) {
    const ads = stream({ mode, node: { id: `${mode} ${clientFeatures}`, clientFeatures } });
    ads.subscribe(cluster);
    const [brief] = (await ads.nextAcked(cluster)).resources;
    assert.deepEqual([brief!.name, brief!.ttlMs], ["brief", undefined]);
    unable.push(ads);
  }
  // Many times to live of one who takes it: meanwhile the others got nothing.
  const able = stream({ mode: "delta", node: { id: "able", clientFeatures: [EXPIRES] } });
  able.subscribe(cluster);
  for (let beat = 0; beat < 4; beat++) await able.nextAcked(cluster);
  for (const ads of unable) await ads.expectNothing();
});

test("a heartbeat is built once for all streams that are due (O3)", async (t) => {
  const { server, cache, stream } = await startServer(t);
  const all = Array.from({ length: 5 }, (_, index) =>
    stream({ mode: "delta", node: { id: `n${index}`, clientFeatures: [EXPIRES] } }),
  );
  commit(cache, [resource(cluster, "lasting")]);
  for (const ads of all) ads.subscribe(cluster);
  for (const ads of all) await ads.nextAcked(cluster);
  const before = server.work;
  commit(cache, [resource(cluster, "brief", "x", { ttlMs })]);
  for (const ads of all) await ads.nextAcked(cluster);
  for (const ads of all) assert.equal((await ads.nextAcked(cluster)).resources[0]!.value, undefined);
  const after = server.work;
  const [built, written] = [after.builds - before.builds, after.writes - before.writes];
  assert.ok(built <= written / 2, `${built} built for ${written} that were written to ${all.length} streams`);
});
