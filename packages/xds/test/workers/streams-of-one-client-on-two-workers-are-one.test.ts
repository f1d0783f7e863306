// protocol.md O1, "Keyed by client" and "REST"
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { commit, namesIn, resource, startServer } from "../server/started-server.ts";
import { cluster as realCluster, routesTo } from "../support/real-resource.ts";
import { Poller } from "../support/rest-client.ts";
import { openOn, otherThan } from "./spread.ts";

const { cluster, routes } = TYPE_URLS;
const refersTo = (name: string) => ({ facts: { references: [{ typeUrl: cluster, name, pointer: "" }] } });

test("routes on one worker wait for the clusters of the same client on another (O1)", async (t) => {
  const { server, cache, stream } = await startServer(t, { workers: 2 });
  commit(cache, [resource(cluster, "a"), resource(routes, "r", "1", refersTo("a"))]);
  const clusters = await openOn(server, async () => {
    const opened = stream({ mode: "sotw", typeUrl: cluster });
    opened.subscribe(cluster);
    await opened.nextAcked();
    return opened;
  });
  const own = await openOn(
    server,
    async () => {
      const opened = stream({ mode: "sotw", typeUrl: routes });
      opened.subscribe(routes, ["r"]);
      await opened.nextAcked();
      return opened;
    },
    otherThan(clusters.worker),
  );
  assert.equal([...server.clients()].length, 1, "they are one client");
  commit(cache, [resource(cluster, "b"), resource(routes, "r", "2", refersTo("b"))]);
  const held = await clusters.stream.next();
  assert.equal(own.stream.pending.length, 0);
  clusters.stream.ack(held);
  assert.deepEqual(namesIn(await own.stream.nextAcked()), ["r"]);
});

test("polls of one client by REST are one client, whichever worker each comes to (O1)", async (t) => {
  const { server, cache, target } = await startServer(t, { workers: 2 });
  commit(cache, [realCluster("a"), routesTo("r", "a")]);
  const clusterPolls = new Poller(target, "clusters");
  const routePolls = new Poller(target, "routes", { resourceNames: ["r"] });
  assert.deepEqual(await clusterPolls.poll(), ["a"]);
  assert.deepEqual(await routePolls.poll(), ["r"]);
  for (let polled = 0; polled < 20; polled++) assert.equal(await clusterPolls.poll(), "unchanged"); // a connection each
  assert.equal(await routePolls.poll(), "unchanged");
  assert.equal([...server.clients()].length, 1);
  commit(cache, [realCluster("b"), routesTo("r", "b")]);
  assert.equal(await routePolls.poll(), "unchanged", "the clusters come first");
  assert.deepEqual(await clusterPolls.poll(), ["a", "b"]);
  assert.equal(await clusterPolls.poll(), "unchanged");
  assert.deepEqual(await routePolls.poll(), ["r"]);
});
