import assert from "node:assert/strict";
import { type Stage, testInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration } from "../support/resources.ts";
import { countLost, describeLost, untilServing, watchRejections } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

const CHANGES = 5;

// A changed EDS cluster warms until it gets endpoints. Nobody sends them again if they did not change, unless the
// server does (O2); Envoy then goes on without after 15 s, its default `initial_fetch_timeout`, and counts that.
testInEveryMode("a cluster changed with unchanged endpoints does not wait for Envoy's fetch timeout", async (stage) => {
  const { envoy, port, t, lab } = stage;
  await stage.put(resources(stage, 0));
  await envoy.waitUntilLive();
  const backend = lab.backends.pick("http", 0).id;
  await untilServing(stage, { answeredBy: () => backend });
  const rejections = watchRejections(envoy);
  const traffic = await startTraffic({ port });
  try {
    const tookMs: number[] = [];
    for (let change = 1; change <= CHANGES; change++) {
      const putAt = performance.now();
      await stage.put(resources(stage, change));
      await untilActive(stage, change);
      tookMs.push(Math.round(performance.now() - putAt));
    }
    await traffic.untilAnsweredBy(backend, Date.now());
    const timeouts = await envoy.stats("^cluster\\.service\\.init_fetch_timeout$");
    const report = await traffic.stop();
    t.diagnostic(`in effect after ${tookMs.join(", ")} ms; ${report.sent} requests, ${countLost(report)} lost`);
    assert.equal(timeouts.get("cluster.service.init_fetch_timeout"), 0, "Envoy waited out its fetch timeout");
    assert.equal(report.lost.length, 0, describeLost(stage, report));
    assert.deepEqual([...(await rejections.stop())], []);
  } finally {
    await traffic.kill();
    await rejections.stop();
  }
});

function resources({ mode, port, accessLog, lab }: Stage, change: number) {
  return [
    edsCluster(mode, "service", undefined, { connect_timeout: `${5 + change}s` }),
    assignment("service", [lab.backends.pick("http", 0).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": "service" }),
  ];
}

async function untilActive({ envoy }: Stage, change: number): Promise<void> {
  await waitFor(
    `the cluster's change ${change} to be active`,
    async () => (await envoy.dynamicClusters()).active.get("service")?.connect_timeout === `${5 + change}s`,
    { intervalMs: 10 },
  );
}
