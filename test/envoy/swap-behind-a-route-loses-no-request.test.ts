import { testInEveryMode } from "../support/lab.ts";
import { assertUnharmed, runSwaps, swappedCluster } from "../support/swaps.ts";

for (const [title, steps, intervalMs] of [
  ["swapping the cluster behind a route every 0.2 s", 100, 200],
  ["swapping it faster than the ACKs come", 200, 0],
  ["swapping it every 2 s", 100, 2_000],
] as const) {
  testInEveryMode(title, async (stage) => {
    const resources = (step: number) => swappedCluster(stage, step);
    const answeredBy = (step: number) => stage.lab.backends.pick("http", step).id;
    assertUnharmed(stage, await runSwaps(stage, { resources, answeredBy, steps, intervalMs }));
  });
}
