// protocol.md O1, "Keyed by client"
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { commit, namesIn, resource, shareConnection, startServer } from "./started-server.ts";

const { cluster, listener, routes } = TYPE_URLS;
const refersTo = (name: string) => ({ facts: { references: [{ typeUrl: cluster, name, pointer: "" }] } });

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: routes wait for the clusters of the same connection, and not for another's (O1)`, async (t) => {
    const { server, cache, stream, target } = await startServer(t);
    commit(cache, [resource(cluster, "a"), resource(routes, "r", "1", refersTo("a"))]);
    const envoys = [1, 2].map(() => {
      const channel = shareConnection(t, target);
      const clusters = stream({ mode, typeUrl: cluster, channel });
      const routesStream = stream({ mode, typeUrl: routes, channel });
      return { clusters, routes: routesStream };
    });
    const [paused, other] = envoys as [(typeof envoys)[0], (typeof envoys)[0]];
    for (const envoy of envoys) {
      envoy.clusters.subscribe(cluster);
      await envoy.clusters.nextAcked();
      envoy.routes.subscribe(routes, ["r"]);
      await envoy.routes.nextAcked();
    }
    assert.equal([...server.clients()].length, 2);
    commit(cache, [resource(cluster, "b"), resource(routes, "r", "2", refersTo("b"))]);
    const held = await paused.clusters.next();
    await other.clusters.nextAcked();
    // Two proxies under one node id: the one that is paused holds up only itself.
    assert.deepEqual(namesIn(await other.routes.nextAcked()), ["r"]);
    assert.equal(paused.routes.pending.length, 0);
    paused.clusters.ack(held);
    assert.deepEqual(namesIn(await paused.routes.nextAcked()), ["r"]);
  });
}

test("a stream on a connection of its own joins the only client that it can belong to (O1)", async (t) => {
  const { server, cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "a"), resource(routes, "r", "1", refersTo("a"))]);
  const clusters = stream({ mode: "sotw", typeUrl: cluster });
  clusters.subscribe(cluster);
  await clusters.nextAcked();
  const own = stream({ mode: "sotw", typeUrl: routes });
  own.subscribe(routes, ["r"]);
  await own.nextAcked();
  assert.equal([...server.clients()].length, 1);
  commit(cache, [resource(cluster, "b"), resource(routes, "r", "2", refersTo("b"))]);
  const held = await clusters.next();
  assert.equal(own.pending.length, 0);
  clusters.ack(held);
  assert.deepEqual(namesIn(await own.nextAcked()), ["r"]);
});

test("an ADS stream is a client by itself (O1)", async (t) => {
  const { server, cache, stream, target } = await startServer(t);
  commit(cache, [resource(cluster, "a"), resource(listener, "l", "1", refersTo("a"))]);
  const channel = shareConnection(t, target);
  const streams = [1, 2].map(() => stream({ mode: "delta", channel }));
  for (const ads of streams) {
    ads.subscribe(cluster);
    await ads.nextAcked(cluster);
    ads.subscribe(listener);
    await ads.nextAcked(listener);
  }
  assert.equal([...server.clients()].length, 2);
  commit(cache, [resource(cluster, "b"), resource(listener, "l", "2", refersTo("b"))]);
  const [paused, other] = streams;
  await paused!.next(cluster);
  await other!.nextAcked(cluster);
  assert.deepEqual(namesIn(await other!.nextAcked(listener)), ["l"]);
  assert.equal(paused!.pending.length, 0);
});
