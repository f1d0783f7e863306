import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "./control-plane.ts";
import type { Stage } from "./lab.ts";
import { assignment, edsCluster, httpListener, type Resource, routeConfiguration } from "./resources.ts";
import { countLost, describeLost, untilServing, watchRejections } from "./swaps.ts";
import { startTraffic } from "./traffic.ts";
import { waitFor } from "./wait-for.ts";

/** Swaps of a cluster behind a route, each disturbed in its middle. */
export interface MidSwaps<Plane extends ControlPlane> {
  /** From each change to its disturbance. */
  readonly delaysMs: readonly number[];
  /** Takes up what the group holds from now on. */
  write(stage: Stage<Plane>, resources: readonly Resource[]): Promise<void> | void;
  /** What comes between, once for all modes. */
  disturb(plane: Plane, index: number): Promise<void>;
  /** How many modes run side by side: they share the server, so they take each step together. */
  readonly together: Rendezvous;
}

/** Swaps as told under constant traffic: no request is lost, nothing is rejected, and only the last cluster stays. */
export async function disturbSwaps<Plane extends ControlPlane>(
  stage: Stage<Plane>,
  { delaysMs, write, disturb, together }: MidSwaps<Plane>,
): Promise<void> {
  const { envoy, port, lab, t } = stage;
  const backend = (step: number) => lab.backends.pick("http", step).id;
  await write(stage, resources(stage, 0));
  await envoy.waitUntilLive();
  await untilServing(stage, { answeredBy: backend });
  const rejections = watchRejections(envoy);
  const traffic = await startTraffic({ port });
  try {
    const tookMs: number[] = [];
    for (const [index, delayMs] of delaysMs.entries()) {
      const step = index + 1;
      await together(`step ${step}`);
      const writtenAt = Date.now();
      await write(stage, resources(stage, step));
      await together(`written ${step}`);
      await sleep(delayMs);
      await together(`disturbed ${step}`, () => disturb(lab.plane, index));
      tookMs.push(Math.round((await traffic.untilAnsweredBy(backend(step), writtenAt, 60_000)) - writtenAt));
    }
    await untilOnly(stage, `service-${delaysMs.length}`);
    const report = await traffic.stop();
    t.diagnostic(`in effect after ${tookMs.join(", ")} ms; ${report.sent} requests, ${countLost(report)} lost`);
    assert.equal(report.lost.length, 0, describeLost(stage, report));
    assert.deepEqual([...(await rejections.stop())], []);
  } finally {
    await traffic.kill();
    await rejections.stop();
  }
}

function resources({ mode, port, accessLog, lab }: Stage<ControlPlane>, step: number) {
  return [
    edsCluster(mode, `service-${step}`),
    assignment(`service-${step}`, [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": `service-${step}` }),
  ];
}

async function untilOnly({ envoy }: Stage<ControlPlane>, cluster: string): Promise<void> {
  await waitFor(
    `Envoy to hold only ${cluster}`,
    async () => {
      const { active } = await envoy.dynamicClusters();
      return active.size === 1 && active.has(cluster);
    },
    { timeoutMs: 60_000 },
  );
}

/** Waits until all have come to a place, and until the last of them has done there what is to be done once. */
export type Rendezvous = (place: string, once?: () => Promise<void>) => Promise<void>;

/** A rendezvous of so many. */
export function rendezvous(count: number): Rendezvous {
  const places = new Map<string, { come: number; readonly all: PromiseWithResolvers<void> }>();
  return async (name, once = async () => {}) => {
    const place = places.get(name) ?? { come: 0, all: Promise.withResolvers<void>() };
    places.set(name, place);
    if (++place.come === count) place.all.resolve(once());
    await place.all.promise;
  };
}
