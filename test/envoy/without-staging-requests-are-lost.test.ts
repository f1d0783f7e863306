import assert from "node:assert/strict";
import { startFairlead, startGoControlPlane } from "../support/control-plane.ts";
import { inModes, testWithEnvoy, wantedModes } from "../support/lab.ts";
import { report, runSwaps, swappedCluster } from "../support/swaps.ts";

// Shows that the other tests can fail: the same traffic and swaps, but a server that sends everything at once.
const NAIVE = {
  "Fairlead with make before break switched off": {
    start: (folder: string) => startFairlead({ folder, makeBeforeBreak: false }),
    modes: wantedModes(),
  },
  // Our program of go-control-plane serves gRPC only.
  "go-control-plane": { start: startGoControlPlane, modes: wantedModes().filter((mode) => mode !== "rest") },
};

for (const [name, { start, modes }] of Object.entries(NAIVE)) {
  testWithEnvoy(`${name} loses requests when the cluster behind a route is swapped`, start, async (lab, binary, t) => {
    await inModes(modes, lab, binary, t, async (stage) => {
      const resources = (step: number) => swappedCluster(stage, step);
      const answeredBy = (step: number) => lab.backends.pick("http", step).id;
      const outcome = await runSwaps(stage, { resources, answeredBy, steps: 50, intervalMs: 200 });
      report(stage.t, outcome);
      assert.ok(outcome.traffic.lost.length > 0, "not one request was lost: the traffic is too weak to show anything");
    });
  });
}
