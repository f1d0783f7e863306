import assert from "node:assert/strict";
import { startEnvoy } from "../support/envoy.ts";
import { type Stage, testInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, type Resource, routeConfiguration } from "../support/resources.ts";
import { countLost, describeLost, untilBroken, untilServing, watchRejections } from "../support/swaps.ts";
import { requireTool } from "../support/tools.ts";
import { startTraffic } from "../support/traffic.ts";

const SWAPS = 10;

testInEveryMode("two Envoys under one node id, one paused: the other swaps on", async (stage) => {
  const { lab, t } = stage;
  const backend = (step: number) => lab.backends.pick("http", step).id;
  const twin = await startTwin(stage);
  try {
    const resources = (step: number) => [...clusters(stage, step), ...listeners(stage, step)];
    // Both get the same listener, and by `reuse_port` both would take connections, which the paused one never
    // answers. So it is paused before there is a listener, and goes on when the traffic is over.
    await stage.put(clusters(stage, 0));
    await Promise.all([stage.envoy.waitUntilLive(), twin.waitUntilLive()]);
    twin.pause();
    await stage.put(resources(0));
    await untilServing(stage, { answeredBy: backend });
    const rejections = watchRejections(stage.envoy);
    const traffic = await startTraffic({ port: stage.port });
    try {
      const tookMs: number[] = [];
      for (let step = 1; step <= SWAPS; step++) {
        const putAt = Date.now();
        await stage.put(resources(step));
        tookMs.push(Math.round((await traffic.untilAnsweredBy(backend(step), putAt)) - putAt));
      }
      await untilBroken(stage, resources(SWAPS));
      const report = await traffic.stop();
      twin.resume();
      await untilBroken({ ...stage, envoy: twin }, resources(SWAPS));
      t.diagnostic(`in effect after ${tookMs.join(", ")} ms; ${countLost(report)} lost`);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
      assert.deepEqual([...(await rejections.stop())], []);
    } finally {
      await traffic.kill();
      await rejections.stop();
    }
  } finally {
    await twin.stop();
  }
});

async function startTwin({ mode, group, lab, envoy }: Stage) {
  const tool = requireTool("envoy");
  if ("skip" in tool) throw new Error(tool.skip);
  const { xdsPort } = lab.plane;
  const { nodeId } = envoy;
  return await startEnvoy({ binary: tool.path, mode, xdsPort, nodeId, nodeCluster: group, folder: lab.folder });
}

function clusters({ mode, lab }: Stage, step: number): readonly Resource[] {
  const cluster = `service-${step}`;
  return [edsCluster(mode, cluster), assignment(cluster, [lab.backends.pick("http", step).port])];
}

function listeners({ mode, port, accessLog }: Stage, step: number): readonly Resource[] {
  return [
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": `service-${step}` }),
  ];
}
