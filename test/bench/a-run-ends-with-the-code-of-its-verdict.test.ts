import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "../../packages/bench/scripts/peers/build-http2.ts";
import { makeScratch } from "../support/scratch.ts";
import { waitFor } from "../support/wait-for.ts";
import { type PeerUnderTest, startSmallPeer } from "./support/peer.ts";
import { type RunningBench, runBench, startBench } from "./support/run-bench.ts";

const scratch = makeScratch("bench-codes");
const folder = (name: string) => join(scratch.path, name);
const LONG = ["--streams", "4", "--rate", "20/s", "--warmup", "0s", "--duration", "60s"];

after(() => scratch.remove());

/** A peer of the test's own: two runs at one server would take each other's changes for wrong answers. */
async function peerFor(t: TestContext): Promise<PeerUnderTest> {
  const built = await build();
  assert.ok(built.kind === "built", "bare node:http2 needs nothing but Node");
  const peer = await startSmallPeer(built.command);
  t.after(() => peer.end());
  return peer;
}

/** The generator processes of a run that is being measured. */
async function generatorsOf(run: RunningBench): Promise<readonly number[]> {
  await waitFor(
    () => `the measured part to begin:\n${run.stderr()}`,
    () => run.stderr().includes("measure"),
  );
  const children = readdirSync(`/proc/${run.pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${run.pid}/task/${thread}/children`, "utf8").trim().split(/\s+/).filter(Boolean).map(Number),
  );
  assert.ok(children.length > 0);
  return children;
}

const isRunning = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

async function assertGone(pids: readonly number[]): Promise<void> {
  await waitFor(`the processes ${pids} to be gone`, () => !pids.some(isRunning));
}

describe("the exit code says how a run ended", { concurrency: 2 }, () => {
  test("99: a threshold is missed, and the summary says by how much", async (t) => {
    const peer = await peerFor(t);
    const pace = ["--streams", "2", "--rate", "10/s", "--warmup", "0s", "--duration", "500ms"];
    const thresholds = ["--threshold", "pushes_per_second > 1000000", "--threshold", "lost == 0"];
    const { code, result, stdout } = await runBench([...peer.flags, ...pace, ...thresholds], folder("missed"));
    assert.deepEqual(
      result?.thresholds.map(({ holds }) => holds),
      [false, true],
    );
    assert.match(stdout, /✗ pushes_per_second > 1000000: \d+/);
    assert.match(stdout, /✓ lost == 0: 0/);
    // On a busy machine the run is invalid beside.
    assert.equal(code, result?.verdict.kind === "invalid" ? 1 : 99);
  });

  test("104: the plan is wrong, and every place is told", async () => {
    const plan = folder("bad.yaml");
    writeFileSync(plan, "target: 127.0.0.1:1\nstreams: many\nscenario: { kind: steady, rate: fast }\n");
    const { code, stderr, result } = await runBench([plan], folder("bad"));
    assert.match(stderr, /streams: .*many/);
    assert.match(stderr, /scenario\.rate: .*fast/);
    assert.equal(code, 104);
    assert.equal(result, undefined);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`105: ${signal} ends the run, what there is is written, and no process is left`, async (t) => {
      const peer = await peerFor(t);
      const run = startBench([...peer.flags, ...LONG], folder(signal));
      const generators = await generatorsOf(run);
      run.signal(signal);
      const { code, result, stdout } = await run.ended;
      assert.equal(code, 105);
      assert.equal(result?.verdict.kind, "aborted");
      assert.ok(result.measured.durationMs < 60_000);
      assert.equal(result.firstSync?.count, 4);
      assert.match(stdout, /result\.json/);
      await assertGone(generators);
    });
  }

  test("105: a second signal ends it at once", async (t) => {
    const peer = await peerFor(t);
    const run = startBench([...peer.flags, ...LONG], folder("twice"));
    const generators = await generatorsOf(run);
    run.signal("SIGINT");
    run.signal("SIGTERM");
    assert.equal((await run.ended).code, 105);
    await assertGone(generators);
  });

  test("killed: no generator process outlives it", async (t) => {
    const peer = await peerFor(t);
    const run = startBench([...peer.flags, ...LONG], folder("orphans"));
    const generators = await generatorsOf(run);
    run.signal("SIGKILL");
    assert.equal((await run.ended).code, null);
    await assertGone(generators);
  });

  test("1: a server that goes away ends the run, and what was measured until then is written", async (t) => {
    const peer = await peerFor(t);
    const run = startBench([...peer.flags, ...LONG], folder("gone"));
    await generatorsOf(run);
    await peer.end();
    const { code, stderr, stdout, result } = await run.ended;
    assert.match(stdout, /INVALID\n {2}the server went away: 4 streams ended.*\n.*(ECONNREFUSED|ECONNRESET|refused)/);
    assert.doesNotMatch(stderr, /error: /, "it is told once");
    assert.equal(code, 1);
    assert.equal(result?.firstSync?.count, 4, stdout);
    assert.equal(result.verdict.kind, "invalid");
    assert.match(stdout, /result\.json/);
  });

  test("1: a generator process that dies ends the run", async (t) => {
    const peer = await peerFor(t);
    const run = startBench([...peer.flags, ...LONG], folder("killed"));
    const [generator] = await generatorsOf(run);
    process.kill(generator!, "SIGKILL");
    const { code, stdout } = await run.ended;
    assert.match(stdout, /generator process 0 ended by SIGKILL/);
    assert.equal(code, 1);
  });

  test("1: a generator that does not get to run makes the run INVALID, and says why", async (t) => {
    const peer = await peerFor(t);
    const pace = ["--streams", "4", "--rate", "20/s", "--warmup", "0s", "--duration", "2s"];
    const run = startBench([...peer.flags, ...pace], folder("late"));
    const [generator] = await generatorsOf(run);
    // A tenth of its timers are late by more than a tenth of a second.
    while (isRunning(generator!)) {
      process.kill(generator!, "SIGSTOP");
      await sleep(150);
      if (!isRunning(generator!)) break;
      process.kill(generator!, "SIGCONT");
      await sleep(100);
    }
    const { code, result, stdout } = await run.ended;
    assert.equal(result?.verdict.kind, "invalid");
    assert.match(stdout, /INVALID\n.*timers were late by \d+/);
    assert.equal(code, 1);
    assert.ok(result.generator.slipP99Ms > 50);
  });
});
