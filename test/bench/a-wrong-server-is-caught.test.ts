import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { build } from "../../packages/bench/scripts/peers/build-wrong.ts";
import { makeScratch } from "../support/scratch.ts";
import { without } from "../support/tools.ts";
import { startSmallPeer } from "./support/peer.ts";
import { type BenchRun, runBench } from "./support/run-bench.ts";
import { assertClean, assertWrong } from "./support/verdict.ts";

const scratch = makeScratch("bench-wrong");
const built = await build();

/** The first stream, of those that are treated wrongly, rejects what it gets. */
const REJECTING = join(scratch.path, "rejecting.yaml");
/** Changes one by one; what has not come after a second is lost. */
const ONE_BY_ONE = join(scratch.path, "one-by-one.yaml");
writeFileSync(ONE_BY_ONE, "scenario: { kind: fanout, changes: 5, pause: 50ms, patience: 1s }\n");
writeFileSync(REJECTING, "population:\n  - { share: 50%, behaviour: nack }\n  - { share: 50%, behaviour: healthy }\n");

after(() => scratch.remove());

/** 20 changes a second for a second and a half, to four streams. */
async function load(
  t: { skip(reason: string): void },
  fault: string,
  flags: readonly string[] = [],
): Promise<BenchRun | undefined> {
  if (built.kind === "left-out") {
    t.skip(without(built.reason).skip);
    return undefined;
  }
  const peer = await startSmallPeer(built.command, ["--fault", fault]);
  const pace = flags.includes(ONE_BY_ONE) ? [] : ["--rate", "20/s", "--warmup", "0s", "--duration", "1500ms"];
  try {
    return await runBench(
      [...flags, ...peer.flags, "--streams", "4", ...pace],
      join(scratch.path, `${fault}${flags.length}`),
    );
  } finally {
    await peer.end();
  }
}

describe("a server that answers wrongly is caught, whatever its speed", { concurrency: 2 }, () => {
  for (const protocol of ["ads-sotw", "ads-delta"]) {
    test(`one that does nothing wrong is not, by ${protocol}`, async (t) => {
      const run = await load(t, "none", ["--protocol", protocol]);
      if (run) assertClean(run);
    });
  }
  test("one that does nothing wrong is not, when streams reject what it sends", async (t) => {
    const run = await load(t, "none", [REJECTING]);
    if (run) assertClean(run);
  });
  for (const [fault, count, ...flags] of [
    ["loses", "lost", ONE_BY_ONE],
    ["stale", "lost", ONE_BY_ONE],
    ["reorders", "reordered"],
    ["unchanged", "unchanged"],
    ["unchanged", "unchanged", "--protocol", "ads-delta"],
    ["resends", "resentAfterNack", REJECTING],
    ["nack-storm", "resentAfterNack", REJECTING],
  ] as const) {
    test(
      `one that ${fault}${flags.length > 0 ? ` (${flags.at(-1)})` : ""}`.replace(`${scratch.path}/`, ""),
      async (t) => {
        const run = await load(t, fault, flags);
        if (run) assertWrong(run, count);
      },
    );
  }
});
