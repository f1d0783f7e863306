import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fairlead, startFairlead } from "../support/control-plane.ts";
import { inModes, type Stage, testWithEnvoy, wantedModes } from "../support/lab.ts";
import { type Rendezvous, rendezvous } from "../support/mid-swap.ts";
import { openGate, type StreamGate } from "../support/stream-gate.ts";
import { countLost, describeLost, swappedCluster, untilBroken, untilServing } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";

/** Envoy opens each of its streams anew after a backoff of its own, up to 30 s: this is how long one of them is behind the others here. */
const BEHIND_MS = 25_000;

/** Which of its streams comes back last, and those that are waited for. */
const LAST = [
  { last: "Clusters", others: ["Listeners", "Routes"] },
  { last: "Routes", others: ["Listeners", "Clusters"] },
] as const;

testWithEnvoy(
  "a server is restarted with a swap, and one of an Envoy's streams comes back long after the others",
  (folder) => startFairlead({ folder }),
  async (lab, binary, t) => {
    const modes = wantedModes().filter((mode) => mode.startsWith("per-type"));
    const together = rendezvous(LAST.length * modes.length);
    const runs = LAST.map(({ last, others }) =>
      t.test(`that for ${last.toLowerCase()}`, { concurrency: modes.length }, async (t) => {
        const gate = await openGate(lab.plane.xdsPort);
        t.after(() => gate.close());
        const swap = (stage: Stage<Fairlead>) =>
          restartInSwap(stage, { gate, last, others, count: modes.length, together });
        await inModes(modes, lab, binary, t, swap, { xdsPort: gate.port });
      }),
    );
    await Promise.all(runs);
  },
);

interface Restart {
  readonly gate: StreamGate;
  readonly last: string;
  readonly others: readonly string[];
  /** How many Envoys go through the gate. */
  readonly count: number;
  readonly together: Rendezvous;
}

async function restartInSwap(stage: Stage<Fairlead>, { gate, last, others, count, together }: Restart): Promise<void> {
  const { lab, envoy, group, port, t } = stage;
  const answeredBy = (step: number) => lab.backends.pick("http", step).id;
  lab.plane.write(group, swappedCluster(stage, 0));
  await envoy.waitUntilLive();
  await untilServing(stage, { answeredBy });
  const traffic = await startTraffic({ port });
  try {
    await together("to write");
    gate.hold(last);
    lab.plane.write(group, swappedCluster(stage, 1));
    await together("to restart", () => lab.plane.restart("SIGKILL"));
    const writtenAt = Date.now();
    for (const other of others) await gate.untilPassed(other, count);
    await sleep(BEHIND_MS);
    gate.release();
    await traffic.untilAnsweredBy(answeredBy(1), writtenAt);
    await untilBroken(stage, swappedCluster(stage, 1));
    const report = await traffic.stop();
    t.diagnostic(`${report.sent} requests, ${countLost(report)} lost`);
    assert.equal(report.lost.length, 0, describeLost(stage, report));
  } finally {
    await traffic.kill();
  }
}
