import assert from "node:assert/strict";
import { startFairlead } from "../support/control-plane.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { testWithEnvoy, wantedModes } from "../support/lab.ts";
import type { Mode } from "../support/modes.ts";
import { type Resource, staticCluster } from "../support/resources.ts";
import { waitFor } from "../support/wait-for.ts";

// An Envoy does not say that it takes a time to live: its bootstrap does.
const FEATURES = ["xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"];
const TTL_S = 2;
/** Heartbeats come at half the time to live: without them, all would be gone after one of these. */
const TTLS_TO_LIVE = 4;

testWithEnvoy(
  "O3: what has a time to live stays while Fairlead runs, and goes when it does not",
  (folder) => startFairlead({ folder }),
  async (lab, binary, t) => {
    const { plane, folder } = lab;
    const content = [
      expiring(staticCluster("fleeting", 9), "fleeting"),
      staticCluster("lasting", 9),
      expiring({
        "@type": "type.googleapis.com/envoy.service.runtime.v3.Runtime",
        name: "faults",
        layer: { abort: 7 },
      }),
    ];
    plane.write("ttl", content);
    const start = (mode: Mode, clientFeatures: readonly string[]) =>
      startEnvoy({
        ...{ binary, mode, xdsPort: plane.xdsPort, nodeCluster: "ttl", folder, clientFeatures },
        nodeId: `${mode}-${clientFeatures.length}`,
        runtimeLayer: "faults",
      });
    // A client that polls could not be told in time, and is given no time to live.
    const modes = wantedModes().filter((mode) => mode !== "rest");
    const able = await Promise.all(modes.map((mode) => start(mode, FEATURES)));
    // Without the features it is sent no time to live, and keeps all.
    const unable = await Promise.all(modes.slice(0, 2).map((mode) => start(mode, [])));
    const all = [...able, ...unable];
    try {
      for (const envoy of all) await untilHeld(envoy, true);
      const beatsBefore = await beatsSent(plane.adminUrl);
      await waitFor("heartbeats for some times to live", async () => {
        const sent = (await beatsSent(plane.adminUrl)) - beatsBefore;
        // Two types in every Envoy.
        return sent >= 2 * TTLS_TO_LIVE * 2 * able.length;
      });
      for (const envoy of all) {
        assert.deepEqual(await held(envoy), { cluster: true, runtime: true }, envoy.nodeId);
        const removed = await envoy.stats("^cluster_manager\\.cluster_removed$");
        assert.equal(removed.get("cluster_manager.cluster_removed"), 0, `${envoy.nodeId}: no cluster came and went`);
      }
      await plane.stop();
      for (const envoy of able) await untilHeld(envoy, false);
      for (const envoy of able) assert.ok((await envoy.dynamicClusters()).active.has("lasting"), envoy.nodeId);
      for (const envoy of unable) assert.deepEqual(await held(envoy), { cluster: true, runtime: true }, envoy.nodeId);
      await plane.restart("SIGKILL");
      for (const envoy of able) await untilHeld(envoy, true);
    } finally {
      for (const envoy of all) t.diagnostic(`${envoy.nodeId} ${JSON.stringify(await held(envoy).catch(String))}`);
      await Promise.all(all.map((envoy) => envoy.stop()));
    }
  },
);

function expiring(resource: Resource, name?: string): Resource {
  return {
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    ...(name === undefined ? {} : { name }),
    ttl: `${TTL_S}s`,
    resource,
  };
}

async function held(envoy: Envoy): Promise<{ cluster: boolean; runtime: boolean }> {
  const { active } = await envoy.dynamicClusters();
  const { entries } = JSON.parse(await envoy.admin("/runtime")) as { entries: Readonly<Record<string, object>> };
  return { cluster: active.has("fleeting"), runtime: "abort" in entries };
}

async function untilHeld(envoy: Envoy, isHeld: boolean): Promise<void> {
  await waitFor(`${envoy.nodeId} ${isHeld ? "to have" : "not to have"} what expires`, async () => {
    const { cluster, runtime } = await held(envoy);
    return cluster === isHeld && runtime === isHeld;
  });
}

async function beatsSent(adminUrl: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("fairlead_xds_push") && line.includes('cause="ttl"'));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
