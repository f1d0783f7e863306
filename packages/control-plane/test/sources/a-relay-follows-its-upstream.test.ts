import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { until } from "../support/until.ts";
import { relayOf, run, shop } from "./support.ts";

for (const settings of [
  { mode: "delta" },
  { mode: "sotw" },
  { mode: "delta", ads: false },
  { mode: "sotw", ads: false },
]) {
  test(`relays in a chain of two hold what their upstream holds, by the same versions: ${JSON.stringify(settings)}`, async (t) => {
    const origin = await run(t);
    await origin.put(shop(["a", "b"]));
    const first = await run(t, relayOf([origin.target], settings));
    const second = await run(t, relayOf([first.target], settings));
    await Promise.all([first.fairlead.ready, second.fairlead.ready]);
    const isSame = async () => {
      const [here, ...others] = await Promise.all([origin.held(), first.held(), second.held()]);
      return others.every((held) => JSON.stringify(held) === JSON.stringify(here));
    };
    await until("both relays have all of it", isSame);
    assert.equal((await second.held()).length, 6);

    await origin.put(shop(["b", "c"], 8081));
    await until("a swap of clusters went through", isSame);
    const held = await second.held();
    assert.ok(held.some((line) => line.startsWith("ClusterLoadAssignment c@")));
    assert.ok(!held.some((line) => line.includes(" a@")));
  });
}

test("proxies of a relay are one stream to its upstream", async (t) => {
  const origin = await run(t);
  await origin.put(shop(["a"]));
  const relay = await run(
    t,
    relayOf([origin.target], { node: { id: "relay-1", cluster: "edge", metadata: { team: "x" } } }),
  );
  await relay.fairlead.ready;
  const clients = Array.from({ length: 50 }, (_, index) =>
    createXdsClient({ target: relay.target, mode: "delta", node: { id: `proxy-${index}` } }),
  );
  t.after(() => Promise.all(clients.map((client) => client.close())));
  for (const client of clients) client.watch(TYPE_URLS.cluster, "*");
  await until("all have it", () => clients.every((client) => client.resources(TYPE_URLS.cluster).has("a")));
  const { nodes } = await origin.get("/v1/nodes");
  assert.deepEqual(
    nodes.map(({ id }: { id: string }) => id),
    ["relay-1"],
  );
  const { clients: streams } = await origin.get("/v1/nodes/relay-1");
  assert.equal(streams.length, 1);
  assert.equal(streams[0].cluster, "edge");

  await origin.put(shop(["a", "b"]));
  await until("a change reached all", () => clients.every((client) => client.resources(TYPE_URLS.cluster).has("b")));
});

test("a cluster is never served before its endpoints, nor a route before its cluster", async (t) => {
  const origin = await run(t);
  await origin.put(shop(["a"]));
  const relay = await run(t, relayOf([origin.target], { gatherMs: 20_000 }));
  await relay.fairlead.ready;
  for (let round = 0; round < 5; round++) await origin.put(shop(["a", `n${round}`], 8100 + round));
  await until("the last is there", async () => (await relay.held()).some((line) => line.startsWith("Cluster n4@")));
  const { revisions } = await relay.get("/v1/revisions");
  assert.ok(revisions.length > 1);
  const { groups } = await relay.get("/v1/groups");
  assert.deepEqual(groups[0].warnings ?? [], []);
});
