import { startFairlead } from "../support/control-plane.ts";
import { inModes, testWithEnvoy, wantedModes } from "../support/lab.ts";
import { disturbSwaps, rendezvous } from "../support/mid-swap.ts";

/** From the new file to the end of the server; files are read about 100 ms after they changed. */
const delaysMs = [0, 100, 110, 120, 130, 150, 200, 1_000, 2_200];

testWithEnvoy(
  "a server restart in the middle of a swap",
  (folder) => startFairlead({ folder }),
  async (lab, binary, t) => {
    const together = rendezvous(wantedModes().length);
    await inModes(wantedModes(), lab, binary, t, (stage) =>
      disturbSwaps(stage, {
        delaysMs,
        together,
        write: ({ lab, group }, resources) => lab.plane.write(group, resources),
        disturb: (plane, index) => plane.restart(index % 2 === 0 ? "SIGKILL" : "SIGTERM"),
      }),
    );
  },
);
