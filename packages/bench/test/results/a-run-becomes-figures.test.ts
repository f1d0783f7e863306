import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize } from "../../src/progress/summary.ts";
import { collectRun } from "./support.ts";

test("percentiles, rates and costs are those of the measured part", () => {
  const result = collectRun();
  assert.equal(result.verdict.kind, "passed", result.verdict.reasons.join());
  assert.equal(result.received?.count, 100 * 100, "100 changes to 100 streams, warm-up left out");
  assert.ok(Math.abs(result.received.p50 - 50) <= 0.1 && Math.abs(result.received.p99 - 99) <= 0.1);
  assert.equal(result.received.max, 100);
  assert.equal(result.acked?.max, 101);
  assert.equal(result.firstSync?.count, 100);
  assert.equal(result.metrics.pushes_per_second, 1_000);
  assert.equal(result.metrics.changes_per_second, 10);
  assert.equal(result.metrics.bytes_per_push, 1_000);
  assert.ok(Math.abs(result.metrics.cpu_us_per_push! - 20) < 0.01);
  assert.equal(result.metrics.rss_per_stream, 10_000);
  assert.equal(result.metrics.rss_slope, undefined, "ten seconds show no growth");
  assert.equal(collectRun({ seconds: 61 }).metrics.rss_slope, 0);
  assert.ok(Math.abs(result.metrics.generator_cpu! - 0.3) < 1e-9);
  assert.equal(result.metrics.sync_all, 100);
  assert.equal(result.timeline.length, 15);
  assert.equal(result.timeline.at(-1)?.pushesPerSecond, 1_000);
});

test("the summary prints the rate that the report and a comparison tell", () => {
  const result = collectRun();
  // A push that came after the end is counted, and is not of the measured part.
  const late = { ...result, measured: { ...result.measured, pushes: 9_980 } };
  const printed = summarize({ ...late, metrics: { ...late.metrics, pushes_per_second: 998 } }, []);
  assert.match(printed, /^ {2}pushes +9,980 in 10 s, 998\/s, [\d.]+ KiB\/s$/m);
});

test("a change is whole when every generator has told of it", () => {
  const one = collectRun({ generators: 1 });
  const four = collectRun({ generators: 4 });
  assert.deepEqual(four.fleet, one.fleet);
  assert.deepEqual(four.curves, one.curves);
  assert.equal(four.curves[0]?.reachedMs[50], 50);
  assert.equal(four.metrics.pushes_per_second, one.metrics.pushes_per_second);
});

test("the slowest changes are kept whole, and some spread over the run", () => {
  const { curves } = collectRun({
    seconds: 60,
    latencyMs: (sequence, stream) => stream + (sequence === 333 ? 5_000 : 1),
  });
  const worst = curves.filter(({ sample }) => sample === "worst");
  const spread = curves.filter(({ sample }) => sample === "spread");
  assert.equal(worst.length, 20);
  assert.equal(worst[0]?.sequence, 333);
  assert.ok(spread.length >= 10 && spread.length <= 20);
  assert.ok(spread.at(-1)!.atMs - spread[0]!.atMs > 45_000, "from the begin to the end");
});

test("a change that some streams never get reaches no 100 %", () => {
  const result = collectRun({ missing: (sequence) => (sequence === 70 ? 30 : 0) });
  const [curve] = result.curves;
  assert.equal(curve?.sequence, 70);
  assert.equal(curve.missing, 30);
  assert.equal(curve.reachedMs[70], 70);
  assert.equal(curve.reachedMs[71], null);
  assert.equal(result.counts.lost, 30);
  assert.equal(result.fleet?.p100.count, 99);
  assert.equal(result.fleet.p50.count, 100);
});
