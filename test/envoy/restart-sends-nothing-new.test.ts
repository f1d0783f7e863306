import assert from "node:assert/strict";
import { type Fairlead, startFairlead } from "../support/control-plane.ts";
import { inModes, type Stage, testWithEnvoy, wantedModes } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration } from "../support/resources.ts";
import { describeLost, untilServing } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

// C9: a client that comes back with the current version gets no listeners and no clusters again, and Envoy serves on.
testWithEnvoy(
  "a restart of the server without a change",
  (folder) => startFairlead({ folder }),
  async (lab, binary, t) => {
    const stages: Stage<Fairlead>[] = [];
    const restarted = Promise.withResolvers<void>();
    await inModes(wantedModes(), lab, binary, t, async (stage) => {
      lab.plane.write(stage.group, resources(stage));
      await stage.envoy.waitUntilLive();
      await untilServing(stage, { answeredBy: () => lab.backends.pick("http", 0).id });
      const traffic = await startTraffic({ port: stage.port });
      try {
        const before = await stage.envoy.stats(UPDATES);
        assert.ok(before.size >= 2, "Envoy counts updates of listeners and clusters");
        stages.push(stage);
        if (stages.length === wantedModes().length)
          lab.plane.restart("SIGKILL").then(restarted.resolve, restarted.reject);
        await restarted.promise;
        await untilSynced(stage);
        assert.deepEqual([...(await stage.envoy.stats(UPDATES))], [...before], "nothing was sent again");
        const report = await traffic.stop();
        assert.equal(report.lost.length, 0, describeLost(stage, report));
      } finally {
        await traffic.kill();
      }
    });
  },
);

const UPDATES = "^(cluster_manager\\.cds|listener_manager\\.lds)\\.(update_success|update_rejected)$";

function resources({ mode, port, lab }: Stage<Fairlead>) {
  return [
    edsCluster(mode, "service"),
    assignment("service", [lab.backends.pick("http", 0).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" } }),
    routeConfiguration("routes", { "/": "service" }),
  ];
}

/** Waits until the new server knows the Envoy with all four types. */
async function untilSynced({ lab, envoy }: Stage<Fairlead>): Promise<void> {
  await waitFor(
    "Envoy to be back, in sync",
    async () => {
      const { clients } = (await lab.plane.get(`/v1/nodes/${envoy.nodeId}`)) as {
        clients?: readonly { state: string; types: readonly unknown[] }[];
      };
      return clients?.some(({ state, types }) => state === "SYNCED" && types.length >= 4);
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
}
