import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSlope } from "../../src/observe/slope.ts";
import { curveOf, reachedAt } from "../../src/results/curve.ts";
import { createTimes, mergeDistributions, quantilesOf } from "../../src/results/histogram.ts";
import { createSpread } from "../../src/results/spread.ts";

const SHARES = [0.01, 0.5, 0.9, 0.99, 0.999];
/** Three digits, and whole µs. */
const isNear = (actual: number, exact: number) => Math.abs(actual - exact) <= exact * 0.001 + 0.001;

const times = fc.array(
  fc.oneof(fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 100_000, noNaN: true })),
  { minLength: 1, maxLength: 300 },
);

/** The value at a rank, or one of its neighbours: what is half way between two may go to either. */
function assertQuantile(sorted: Float64Array, share: number, actual: number): void {
  const rank = Math.ceil(share * sorted.length);
  const near = [rank - 2, rank - 1, rank].map((index) => sorted[Math.min(sorted.length - 1, Math.max(0, index))]!);
  assert.ok(
    near.some((exact) => isNear(actual, exact)),
    `${share}: ${actual} is none of ${near}`,
  );
}

test("what generators recorded apart has the percentiles of all together", () => {
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), (parts) => {
      const merged = mergeDistributions(
        parts.map((part) => {
          const one = createTimes();
          one.recordAll(part);
          return one.distribution()!;
        }),
      );
      const sorted = Float64Array.from(parts.flat()).sort();
      assert.ok(merged);
      assert.equal(merged.count, sorted.length);
      assert.equal(merged.min, sorted[0]);
      assert.equal(merged.max, sorted.at(-1));
      const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
      assert.ok(Math.abs(merged.mean - mean) <= 1e-6 * (1 + mean));
      for (const { share, ms } of quantilesOf(merged, SHARES)) assertQuantile(sorted, share, ms);
      for (const [share, ms] of [
        [0.5, merged.p50],
        [0.99, merged.p99],
        [0.999, merged.p999],
      ] as const) {
        assertQuantile(sorted, share, ms);
      }
    }),
    { numRuns: 100 },
  );
});

test("a curve rises, ends with the last stream, and never reaches a share that is missing", () => {
  fc.assert(
    fc.property(times, fc.nat({ max: 300 }), (list, missing) => {
      const sorted = Float64Array.from(list).sort();
      const curve = curveOf(sorted, missing);
      assert.equal(curve.length, 101);
      const reached = curve.filter((ms) => ms !== null);
      assert.deepEqual(
        reached,
        [...reached].sort((a, b) => a - b),
      );
      assert.equal(curve[100] === null, missing > 0);
      for (const [percent, ms] of curve.entries()) {
        if (ms === null) continue;
        // That many streams are there by then; one fewer would not be enough.
        const there = sorted.filter((one) => one <= ms + 0.001).length;
        assert.ok(there >= (percent / 100) * (sorted.length + missing) - 1e-6);
      }
      assert.equal(reachedAt(sorted, missing, 1) === null, missing > 0);
    }),
    { numRuns: 100 },
  );
});

test("a bounded sample stays spread from the first to the last", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (count) => {
      const sample = createSpread<number>(20);
      for (let item = 0; item < count; item++) sample.offer(item);
      const gaps = new Set(sample.items.slice(1).map((item, index) => item - sample.items[index]!));
      assert.ok(sample.items.length >= Math.min(10, count) && sample.items.length <= 20);
      assert.equal(sample.items[0], 0);
      assert.ok(gaps.size <= 1, "evenly");
      assert.ok(count - 1 - sample.items.at(-1)! < ([...gaps][0] ?? 1));
    }),
    { numRuns: 200 },
  );
});

test("a slope is that of the line, however far from zero", () => {
  const line = createSlope();
  assert.equal(line.value(), null);
  for (let x = 1e9; x < 1e9 + 86_400_000; x += 60_000)
    line.add(x, 5e8 + 0.25 * (x - 1e9) + (x % 120_000 === 0 ? 1 : -1));
  assert.ok(Math.abs(line.value()! - 0.25) < 1e-6);
});
