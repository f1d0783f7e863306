import assert from "node:assert/strict";
import { get } from "../support/get.ts";
import { testFairleadInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, onDemandListener, routesByHeader, staticCluster } from "../support/resources.ts";
import { waitFor } from "../support/wait-for.ts";

testFairleadInEveryMode(
  "an Envoy without clusters asks for one when a request names it, and follows it",
  async ({ mode, port, envoy, lab, accessLog, put }) => {
    const backend = (number: number) => lab.backends.pick("http", number);
    const listener = onDemandListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }, true);
    const all = (number: number) => [
      listener,
      routesByHeader("routes"),
      staticCluster("static", backend(number).port),
      edsCluster(mode, "eds"),
      assignment("eds", [backend(number + 1).port]),
    ];
    const answer = async (cluster: string) => {
      const { status, by } = await get(port, { "x-cluster": cluster });
      return status === 200 ? by : status;
    };
    await put(all(0));
    await envoy.waitUntilLive();
    assert.equal((await envoy.dynamicClusters()).active.size, 0);
    await waitFor("the listener", async () => (await answer("static")) === backend(0).id);
    assert.deepEqual([...(await envoy.dynamicClusters()).active.keys()], ["static"]);
    assert.equal(await answer("eds"), backend(1).id);
    // The filter would wait for 60 s, and `get` for 5: it is told that there is none.
    assert.equal(await answer("nobody"), 503);
    await put(all(2));
    await waitFor("the change", async () => (await answer("static")) === backend(2).id);
    await waitFor("its endpoints", async () => (await answer("eds")) === backend(3).id);
  },
  { modes: ["ads-delta", "per-type-delta"], envoy: { dynamicResources: { cds_config: undefined } } },
);
