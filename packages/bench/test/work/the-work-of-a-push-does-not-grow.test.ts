import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { withoutTestContext } from "../../../../test/support/child.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { startGenerator } from "../support/generator.ts";
import { planWith } from "../support/plan.ts";
import { type Allowance, growthOf, WORKLOAD, type Work, type WorkCommand } from "./work.ts";

const STREAMS = 100;
const CHANGES = 200;
const PUSHES = STREAMS * CHANGES;
/** Before that, functions are compiled and hidden classes made. */
const WARM_UP = 40;
/** A collection in between hides what was allocated before it: then once more. */
const TRIES = 3;

/**
 * What a push takes: written down when it was measured. A change that makes one of them smaller writes the smaller number down; one that
 * makes one larger says why it is worth it. Counts come out the same each time; where the number of reads, turns or bytes depends on
 * what arrives together, there is room for that.
 */
const ALLOWANCES: readonly Allowance[] = [
  { of: "differences", atMost: 1 / STREAMS, title: "names compared" }, // once for all streams
  { of: "builds", atMost: 1 / STREAMS, title: "responses encoded" },
  { of: "writes", atMost: 1.01, title: "system calls that write" },
  { of: "reads", atMost: 1.05, title: "system calls that read" },
  { of: "turns", atMost: 2, title: "turns of a client" }, // for the change, and for the ACK
  { of: "allocatedBytes", atMost: 6_000, title: "bytes allocated in the heap" },
];

for (const protocol of ["ads-sotw", "ads-delta"] as const) {
  test(`a push takes no more work than is written down, by ${protocol}`, async (t) => {
    const measure = await startServer(t, protocol);
    await measure({ changes: WARM_UP, streams: STREAMS });
    let work = await measure({ changes: CHANGES, streams: STREAMS });
    for (let tries = 1; tries < TRIES && work.collections > 0; tries++) {
      work = await measure({ changes: CHANGES, streams: STREAMS });
    }
    t.diagnostic(JSON.stringify(work));
    assert.equal(work.pushes, PUSHES, "each stream gets each change once");
    assert.equal(work.acks, PUSHES, "each push is ACKed once");
    assert.deepEqual(growthOf(work, ALLOWANCES), []);
  });
}

test("what grew is told with what it was and by how much", () => {
  const work = { pushes: 200, acks: 200, differences: 2, builds: 3, turns: 400, reads: 0, writes: 250 };
  assert.deepEqual(growthOf({ ...work, allocatedBytes: 4_000_000, collections: 0 }, ALLOWANCES), [
    "responses encoded: 0.015 a push, at most 0.01 is written down: 50 % more",
    "system calls that write: 1.25 a push, at most 1.01 is written down: 24 % more",
    "bytes allocated in the heap: 20,000 a push, at most 6,000 is written down: 234 % more",
  ]);
});

/** A server, and its clients in a process of their own; both end with the test. */
async function startServer(
  t: TestContext,
  protocol: Plan["protocol"],
): Promise<(command: WorkCommand) => Promise<Work>> {
  const child = fork(fileURLToPath(new URL("server-process.ts", import.meta.url)), [], {
    env: withoutTestContext(),
    execArgv: ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"],
  });
  const exited = once(child, "exit");
  t.after(async () => {
    child.disconnect();
    await exited;
  });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const plan = planWith({ target: { host: "127.0.0.1", port }, protocol, streams: STREAMS, workload: WORKLOAD });
  const generator = await startGenerator(t, plan);
  assert.equal((await generator.connect()).failed, 0);
  return async (command) => {
    child.send(command);
    const [work] = (await once(child, "message")) as [Work];
    return work;
  };
}
