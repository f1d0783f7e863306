import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fairlead, startFairlead } from "../support/control-plane.ts";
import { inModes, type Stage, testWithEnvoy, wantedModes } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration } from "../support/resources.ts";
import { countLost, describeLost, untilServing, watchRejections } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

/** From the new file to the end of the server; files are read about 100 ms after they changed. */
const RESTART_AFTER_MS = [0, 100, 110, 120, 130, 150, 200, 1_000, 2_200];

testWithEnvoy(
  "a server restart in the middle of a swap",
  (folder) => startFairlead({ folder }),
  async (lab, binary, t) => {
    // The modes share the server, so they take each step together: all write, one restarts, all wait.
    const together = rendezvous(wantedModes().length);
    await inModes(wantedModes(), lab, binary, t, (stage) => restartInMidSwap(stage, together));
  },
);

async function restartInMidSwap(stage: Stage<Fairlead>, together: Rendezvous): Promise<void> {
  const { envoy, port, lab, group, t, mode } = stage;
  const backend = (step: number) => lab.backends.pick("http", step).id;
  lab.plane.write(group, resources(stage, 0));
  await envoy.waitUntilLive();
  await untilServing(stage, { answeredBy: backend });
  const rejections = watchRejections(envoy);
  const traffic = await startTraffic({ port });
  try {
    const tookMs: number[] = [];
    for (const [index, delayMs] of RESTART_AFTER_MS.entries()) {
      const step = index + 1;
      await together(`step ${step}`);
      const writtenAt = Date.now();
      lab.plane.write(group, resources(stage, step));
      await together(`written ${step}`);
      await sleep(delayMs);
      if (mode === wantedModes()[0]) await lab.plane.restart(index % 2 === 0 ? "SIGKILL" : "SIGTERM");
      await together(`restarted ${step}`);
      tookMs.push(Math.round((await traffic.untilAnsweredBy(backend(step), writtenAt, 60_000)) - writtenAt));
    }
    await untilOnly(stage, `service-${RESTART_AFTER_MS.length}`);
    const report = await traffic.stop();
    t.diagnostic(`in effect after ${tookMs.join(", ")} ms; ${report.sent} requests, ${countLost(report)} lost`);
    assert.equal(report.lost.length, 0, describeLost(stage, report));
    assert.deepEqual([...(await rejections.stop())], []);
  } finally {
    await traffic.kill();
    await rejections.stop();
  }
}

function resources({ mode, port, accessLog, lab }: Stage<Fairlead>, step: number) {
  return [
    edsCluster(mode, `service-${step}`),
    assignment(`service-${step}`, [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": `service-${step}` }),
  ];
}

async function untilOnly({ envoy }: Stage<Fairlead>, cluster: string): Promise<void> {
  await waitFor(
    `Envoy to hold only ${cluster}`,
    async () => {
      const { active } = await envoy.dynamicClusters();
      return active.size === 1 && active.has(cluster);
    },
    { timeoutMs: 60_000 },
  );
}

/** Waits until all have come to a place. */
type Rendezvous = (place: string) => Promise<void>;

function rendezvous(count: number): Rendezvous {
  const places = new Map<string, { come: number; readonly all: PromiseWithResolvers<void> }>();
  return async (name) => {
    const place = places.get(name) ?? { come: 0, all: Promise.withResolvers<void>() };
    places.set(name, place);
    if (++place.come === count) place.all.resolve();
    await place.all.promise;
  };
}
