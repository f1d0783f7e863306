import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startFairlead } from "../support/control-plane.ts";
import { testFairleadInEveryMode, wantedModes } from "../support/lab.ts";
import { assertUnharmed, runSwaps, swappedCluster } from "../support/swaps.ts";
import { waitFor } from "../support/wait-for.ts";

const STEPS = 40;
const FAILING_WORKER = fileURLToPath(new URL("../support/failing-worker.ts", import.meta.url));

interface Readiness {
  readonly workers: readonly { readonly restarts: number; readonly listening: boolean; readonly lastEnd?: string }[];
}

testFairleadInEveryMode(
  "with two worker threads, one of which fails now and then, swaps behind a route lose no request",
  async (stage) => {
    const { mode, lab } = stage;
    const resources = (step: number) => {
      if (mode === wantedModes()[0] && step % 20 === 10) lab.plane.signal("SIGUSR2");
      return swappedCluster(stage, step);
    };
    const answeredBy = (step: number) => lab.backends.pick("http", step).id;
    assertUnharmed(stage, await runSwaps(stage, { resources, answeredBy, steps: STEPS, intervalMs: 200 }));
    const { workers } = await waitFor(
      () => "every worker to listen again",
      async () => {
        const readiness = (await lab.plane.get("/readyz")) as Readiness;
        return readiness.workers.every(({ listening }) => listening) ? readiness : undefined;
      },
    );
    assert.equal(workers.length, 2);
    assert.ok(workers.reduce((sum, { restarts }) => sum + restarts, 0) >= 2, JSON.stringify(workers));
    assert.match(workers.find(({ restarts }) => restarts > 0)!.lastEnd!, /told to fail/);
  },
  { start: (folder) => startFairlead({ folder, workers: 2, preload: FAILING_WORKER }) },
);
