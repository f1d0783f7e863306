import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "../../packages/bench/scripts/peers/build-http2.ts";
import { makeScratch } from "../support/scratch.ts";
import { type PeerUnderTest, startSmallPeer, workloadOf } from "./support/peer.ts";
import { type BenchRun, runBench } from "./support/run-bench.ts";
import { slowAbove } from "./support/slow-above.ts";
import { assertClean, LATE } from "./support/verdict.ts";

const scratch = makeScratch("bench-parts");
let peer: PeerUnderTest;

before(async () => {
  const built = await build();
  assert.ok(built.kind === "built", "bare node:http2 needs nothing but Node");
  peer = await startSmallPeer(built.command);
});

after(async () => {
  await peer.end();
  scratch.remove();
});

test("what two generator processes see is one result", async () => {
  const flags = ["--generators", "2", "--streams", "5", "--rate", "10/s", "--warmup", "0s", "--duration", "1s"];
  const run = await runBench([...peer.flags, ...flags], join(scratch.path, "two"));
  assertClean(run);
  const { generator, firstSync, received, counts, fleet } = run.result!;
  assert.equal(generator.processes, 2);
  assert.equal(firstSync?.count, 5);
  assert.equal(counts.changes, 10);
  assert.equal(received?.count, 50);
  assert.equal(fleet?.p100.count, 10);
});

test("saturation makes a change as soon as all have the last one", async () => {
  const flags = ["--scenario", "saturation", "--streams", "5", "--warmup", "0s", "--duration", "1s"];
  const run = await runBench([...peer.flags, ...flags], join(scratch.path, "saturation"));
  assertClean(run);
  const { counts, received } = run.result!;
  assert.ok(counts.changes > 1, run.stdout);
  assert.equal(received?.count, 5 * counts.changes);
});

test("streams that are cut come back, and have what changed meanwhile", async () => {
  const plan = join(scratch.path, "reconnect.yaml");
  writeFileSync(plan, "scenario: { kind: reconnect, share: 60%, rounds: 2, rate: 20/s, pause: 200ms }\n");
  const run = await runBench([plan, ...peer.flags, "--streams", "5"], join(scratch.path, "reconnect"));
  assertClean(run);
  const { storms, firstSync, resync, counts } = run.result!;
  assert.deepEqual(
    storms.map(({ kind, streams, failed }) => [kind, streams, failed]),
    [
      ["connect", 5, 0],
      ["reconnect", 3, 0],
      ["reconnect", 3, 0],
    ],
  );
  assert.equal(firstSync?.count, 5);
  assert.equal(resync?.count, 6);
  assert.ok(counts.changes > 0);
});

test("a search finds the most streams that a server serves well", async (t) => {
  const most = 5;
  const limited = await slowAbove(most, 1_500, peer.xds);
  t.after(() => limited.close());
  const bounds = ["--scenario", "search", "--vary", "streams", "--from", "4", "--to", "6", "--rate", "10/s"];
  const flags = [...bounds, "--warmup", "0s", "--duration", "400ms", "--threshold", "max < 1s"];
  const target = ["--target", limited.address, ...workloadOf(peer.control)];
  const run = await runBench([...target, ...flags], join(scratch.path, "search"));
  const { result, stdout, stderr, code } = run;
  const said = `${stdout}${stderr}`;
  // A step in which the load tester itself was late does not hold; how a search goes on is tried in packages/bench/test/run.
  if (wasLate(run)) return t.diagnostic("the machine is too busy: a step was invalid");
  assert.deepEqual(
    result?.search?.steps.map(({ value, holds }) => [value, holds]),
    [
      [4, true],
      [6, false],
      [5, true],
    ],
    said,
  );
  assert.equal(result.search.best, most);
  assert.equal(result.counts.synced, most, "the figures are those of the best step");
  assert.equal(code, 0, said);
});

function wasLate({ result }: BenchRun): boolean {
  return result?.search?.steps.some(({ reason }) => LATE.test(reason)) === true;
}
