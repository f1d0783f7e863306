import assert from "node:assert/strict";
import type { BenchRun } from "./run-bench.ts";

/** A busy machine makes the load tester late, and it says so: that is no one's fault, and no reason to look away. */
export const LATE = /timers were late|of a core/;

/** Nothing was wrong; when the machine was too busy for this run, that is all that is said. */
export function assertClean({ result, code, stderr, stdout }: BenchRun): void {
  const said = `${stderr}${stdout}`;
  assert.ok(result, said);
  const { lost, reordered, unchanged, resentAfterNack, malformed, failedChanges, failedSyncs } = result.counts;
  const faults = { lost, reordered, unchanged, resentAfterNack, malformed, failedChanges, failedSyncs };
  for (const [name, count] of Object.entries(faults)) assert.equal(count, 0, `${name}: ${said}`);
  const { kind, reasons } = result.verdict;
  if (kind === "invalid")
    assert.deepEqual(
      reasons.filter((reason) => !LATE.test(reason)),
      [],
      said,
    );
  else assert.equal(kind, "passed", said);
  assert.equal(code, kind === "passed" ? 0 : 1, said);
}

/** That was wrong, and it is what the run is judged by: unless nobody can tell who was late. */
export function assertWrong(
  { result, code, stderr, stdout }: BenchRun,
  of: "lost" | "reordered" | "unchanged" | "resentAfterNack",
): void {
  const said = `${stderr}${stdout}`;
  assert.ok(result, said);
  assert.equal(code, 1, said);
  assert.ok(result.counts[of] > 0, said);
  const isLate = result.verdict.reasons.some((reason) => LATE.test(reason));
  assert.equal(result.verdict.kind, of === "lost" && isLate ? "invalid" : "wrong", said);
  assert.ok(result.wrongAnswers.length > 0, said);
}
