import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";
import { BenchError } from "../errors.ts";
import type { Distribution } from "./result.ts";

/** Longer times are counted as this one, one hour: `max` and `mean` stay exact. */
const HIGHEST_US = 3_600_000_000;
const US_PER_MS = 1_000;

/** Takes times in ms; keeps their distribution in about 190 KB, however many they are: whole µs, 3 digits. */
export interface Times {
  record(ms: number): void;
  recordAll(ms: Iterable<number>): void;
  /** Adds what {@link Times.distribution} of another told. @throws BenchError `result-unreadable` for what is no histogram. */
  add(other: Distribution): void;
  /** The value that a share (0 to 1) of the recorded ones does not exceed; `null` when there are none. */
  quantile(share: number): number | null;
  /** `undefined` when there are none. */
  distribution(): Distribution | undefined;
  readonly count: number;
  reset(): void;
}

/** Begins a distribution of times. */
export function createTimes(): Times {
  const histogram = createHistogram();
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  let sum = 0;

  // Percentiles are told as the highest value of their bucket: that may be above what was recorded.
  const within = (us: number) => Math.min(max, Math.max(min, us / US_PER_MS));
  const quantile = (share: number) =>
    histogram.totalCount === 0 ? null : within(histogram.getValueAtPercentile(share * 100));

  function record(ms: number): void {
    // A clock read in another process may be behind by a few µs.
    const time = Math.max(0, ms);
    histogram.recordValue(Math.min(HIGHEST_US, Math.round(time * US_PER_MS)));
    if (time < min) min = time;
    if (time > max) max = time;
    sum += time;
  }

  return {
    record,
    recordAll(times) {
      for (const ms of times) record(ms);
    },
    add(other) {
      histogram.add(decode(other.histogram));
      min = Math.min(min, other.min);
      max = Math.max(max, other.max);
      sum += other.mean * other.count;
    },
    quantile,
    distribution() {
      const count = histogram.totalCount;
      if (count === 0) return undefined;
      const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((share) => quantile(share)!) as Quantiles;
      return { count, min, mean: sum / count, p50, p90, p99, p999, max, histogram: encode(histogram) };
    },
    get count() {
      return histogram.totalCount;
    },
    reset() {
      histogram.reset();
      min = Number.POSITIVE_INFINITY;
      max = 0;
      sum = 0;
    },
  };
}

/** What several runs had, as if it had been one. `undefined` when there are none. */
export function mergeDistributions(distributions: readonly Distribution[]): Distribution | undefined {
  const all = createTimes();
  for (const one of distributions) all.add(one);
  return all.distribution();
}

/** A point of the percentile curve: a share (0 to 1) of the times is at most `ms`. */
export interface QuantilePoint {
  readonly share: number;
  readonly ms: number;
}

/** The curve at the shares asked for, within what was recorded. */
export function quantilesOf(distribution: Distribution, shares: readonly number[]): QuantilePoint[] {
  const histogram = decode(distribution.histogram);
  const within = (ms: number) => Math.min(distribution.max, Math.max(distribution.min, ms));
  return shares.map((share) => ({ share, ms: within(histogram.getValueAtPercentile(share * 100) / US_PER_MS) }));
}

type Quantiles = [number, number, number, number];

function createHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
}

const encode = (histogram: Histogram) => encodeIntoCompressedBase64(histogram);

function decode(text: string): Histogram {
  try {
    return decodeFromCompressedBase64(text, 64, false);
  } catch (cause) {
    throw new BenchError(
      "result-unreadable",
      "a `histogram` is no compressed HDR histogram in base64: take the file as the run wrote it",
      { cause },
    );
  }
}
