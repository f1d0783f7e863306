import assert from "node:assert/strict";
import { get } from "../support/get.ts";
import { type Stage, testFairleadInEveryMode } from "../support/lab.ts";
import {
  assignment,
  assignmentByLeds,
  edsCluster,
  httpListener,
  lbEndpoint,
  type Resource,
  routeConfiguration,
  staticCluster,
} from "../support/resources.ts";
import { describeLost } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

const LISTENERS = "xdstp://fairlead/envoy.config.listener.v3.Listener/in";
const CLUSTERS = "xdstp://fairlead/envoy.config.cluster.v3.Cluster/web";
const ASSIGNMENT = "xdstp://fairlead/envoy.config.endpoint.v3.ClusterLoadAssignment/a?z=1&y=2";
const ENDPOINTS = "xdstp://fairlead/envoy.config.endpoint.v3.LbEndpoint/web";

testFairleadInEveryMode(
  "an Envoy follows collections of listeners, clusters and endpoints by their xdstp names",
  async (stage) => {
    const { mode, port, envoy, lab, accessLog } = stage;
    const backend = (number: number) => lab.backends.pick("http", number);
    const outside = staticCluster(`${CLUSTERS}/deeper/c`, backend(5).port);
    const web = (cluster: string) => [
      outside,
      // Its context parameters in another order than Envoy has them.
      httpListener(mode, { name: `${LISTENERS}/web?b=2&a=1`, port, routes: { rds: "routes" }, accessLog }),
      routeConfiguration("routes", { "/": `${CLUSTERS}/${cluster}` }),
    ];
    const byName = [edsCluster(mode, `${CLUSTERS}/a`, ASSIGNMENT), assignment(ASSIGNMENT, [backend(0).port])];
    const leds = (endpoints: readonly number[], connectTimeout = "5s") => [
      edsCluster(mode, `${CLUSTERS}/b`, "b", { connect_timeout: connectTimeout }),
      assignmentByLeds(mode, "b", `${ENDPOINTS}/*`),
      ...endpoints.map((number) => lbEndpoint(`${ENDPOINTS}/${number}`, backend(number).port)),
    ];
    await stage.put([...web("a"), ...byName]);
    await envoy.waitUntilLive();
    await waitFor("endpoints of a singleton name", async () => (await get(port)).by === backend(0).id);
    assert.deepEqual([...(await envoy.dynamicClusters()).active.keys()], [`${CLUSTERS}/a`]);
    const traffic = await startTraffic({ port });
    try {
      // To a cluster whose endpoints are a collection, and then more of them, and then others.
      await stage.put([...web("b"), ...byName, ...leds([1])]);
      await answersBy(stage, 1);
      await stage.put([...web("b"), ...byName, ...leds([1, 2])]);
      await answersBy(stage, 2);
      await answersBy(stage, 1);
      await stage.put([...web("b"), ...leds([2])]);
      await waitFor("what left the collections to be gone", async () => {
        const { active } = await envoy.dynamicClusters();
        return active.size === 1 && active.has(`${CLUSTERS}/b`) && (await endpointsOf(stage)).length === 1;
      });
      await answersBy(stage, 2);
      // A cluster that changes is given them again: over ADS Envoy does not ask, and would wait for 15 s.
      await stage.put([...web("b"), ...leds([2], "7s")]);
      const isChanged = async () =>
        (await envoy.dynamicClusters()).active.get(`${CLUSTERS}/b`)?.connect_timeout === "7s";
      await waitFor("the changed cluster", isChanged, { timeoutMs: 10_000 });
      const report = await traffic.stop();
      assert.ok(report.sent > 0);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
    } finally {
      await traffic.kill();
    }
  },
  {
    modes: ["ads-delta", "per-type-delta"],
    envoy: {
      dynamicResources: {
        lds_resources_locator: `${LISTENERS}/*?a=1&b=2`,
        cds_resources_locator: `${CLUSTERS}/*`,
      },
    },
  },
);

testFairleadInEveryMode(
  "empty collections keep no Envoy from starting",
  async ({ envoy, put, lab }) => {
    const elsewhere: Resource = staticCluster("elsewhere", lab.backends.pick("http", 0).port);
    await put([elsewhere]);
    await envoy.waitUntilLive(10_000);
    assert.equal((await envoy.dynamicClusters()).active.size, 0);
  },
  {
    modes: ["ads-delta", "per-type-delta"],
    envoy: {
      dynamicResources: { lds_resources_locator: `${LISTENERS}/*`, cds_resources_locator: `${CLUSTERS}/*` },
    },
  },
);

async function answersBy({ port, lab }: Stage, number: number): Promise<void> {
  const { id } = lab.backends.pick("http", number);
  await waitFor(`an answer of ${id}`, async () => (await get(port)).by === id);
}

async function endpointsOf({ envoy }: Stage): Promise<readonly string[]> {
  const lines = (await envoy.admin("/clusters")).split("\n");
  return lines.filter((line) => line.startsWith(`${CLUSTERS}/b::`) && line.includes("::region::"));
}
