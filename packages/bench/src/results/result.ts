import type { Plan } from "../plan/plan.ts";
import type { Counts, WrongAnswer } from "../run/messages.ts";

/** The document that a run leaves: `result.json`. Its JSON schema is published in docs/bench-result.schema.json. */
export interface Result {
  readonly format: "fairlead-bench-result";
  readonly formatVersion: 1;
  readonly name: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** As it was run, secrets left out. */
  readonly plan: Plan;
  readonly machine: Machine;
  readonly verdict: Verdict;
  /** What the figures are of: its begin since the start of the run, its length, and the pushes that came before its end. */
  readonly measured: { readonly fromMs: number; readonly durationMs: number; readonly pushes: number };
  /** Change → received by a stream, from the intended time; healthy streams, measured part. */
  readonly received?: Distribution;
  /** Change → ACK handed to the system. */
  readonly acked?: Distribution;
  /** Attempt → first whole state. */
  readonly firstSync?: Distribution;
  /** The same after connections were cut. */
  readonly resync?: Distribution;
  /** A name is asked for again (subscription churn) → its answer. */
  readonly resubscribed?: Distribution;
  /** Change → the driver was done with it: what of the latency the way into the server takes. */
  readonly driven?: Distribution;
  /** Of all changes: when 50, 90, 99 and 100 % of the fleet had it. A share that was never reached is not in it. */
  readonly fleet?: Readonly<Record<"p50" | "p90" | "p99" | "p100", Distribution>>;
  /** Changes of the measured part, whole: those that took longest, and some spread evenly over the run. */
  readonly curves: readonly FleetCurve[];
  /** How streams came, at `connect` and after each cut; the last 64. */
  readonly storms: readonly Storm[];
  /** Pushes, ACKs and bytes are of the measured part, everything that is wrong is of the whole run. */
  readonly counts: ResultCounts;
  readonly wrongAnswers: readonly WrongAnswer[];
  /** What a sample of the timeline covers, ms: a second; in long runs a power of two of them. */
  readonly sampleMs: number;
  /** The whole run, warm-up included. A sample of several seconds has the highest p99 and memory of them, of the rest the mean. */
  readonly timeline: readonly Sample[];
  readonly generator: {
    readonly processes: number;
    /** Of a core, of the busiest process, over the measured part. */
    readonly cpuShare: number;
    /** How late timers fired in the measured part. */
    readonly slipP99Ms: number;
    readonly slipMaxMs: number;
    /** Of all processes, at most. */
    readonly rssBytes: number;
  };
  readonly server?: ServerCost;
  /** Every metric that thresholds and `compare` know, by its name in `metrics.ts`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Metrics that are at least so much: the generator, not the server, set the limit (saturation only). */
  readonly lowerBounds: readonly string[];
  readonly thresholds: readonly { readonly text: string; readonly actual: number | null; readonly holds: boolean }[];
  /** The steps of a `search`. */
  readonly search?: {
    readonly vary: "streams" | "rate";
    readonly best: number | null;
    readonly steps: readonly { readonly value: number; readonly holds: boolean; readonly reason: string }[];
  };
}

/** Exit codes: `passed` 0, `wrong` and `invalid` 1, `missed` 99, `aborted` 105. */
export interface Verdict {
  readonly kind: "passed" | "missed" | "wrong" | "invalid" | "aborted";
  /** Why: the thresholds missed, what was lost or resent, how late the generator was. A line each. */
  readonly reasons: readonly string[];
  /** What a reader should know, though it does not change the verdict. */
  readonly notes: readonly string[];
}

export interface ResultCounts extends Counts {
  /** Streams that lacked a change, summed over the changes. */
  readonly lost: number;
  /** Made in the measured part. */
  readonly changes: number;
  readonly failedChanges: number;
  /** First states that came, and that did not come. */
  readonly synced: number;
  readonly failedSyncs: number;
}

/** How one change went through the fleet. */
export interface FleetCurve {
  readonly sequence: number;
  /** Since the start of the run. */
  readonly atMs: number;
  readonly sample: "worst" | "spread";
  readonly streams: number;
  readonly missing: number;
  /** When 0, 1, … 100 % of the streams had it, ms since its intended time; null: never. */
  readonly reachedMs: readonly (number | null)[];
}

/** Many streams that connect. */
export interface Storm {
  readonly kind: "connect" | "reconnect";
  /** Since the start of the run. */
  readonly atMs: number;
  readonly streams: number;
  readonly failed: number;
  readonly bytes: number;
  readonly responses: number;
  /** When 0, 1, … 100 % of the streams were synced, ms since the storm began; null: never. */
  readonly syncedMs: readonly (number | null)[];
  /** CPU of the server while it lasted. */
  readonly serverCpuMs: number | null;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  readonly fairlead: string;
}

/** Milliseconds. `histogram` is the compressed HDR histogram in base64 (µs, 3 digits), which `compare` and others may add up. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly histogram: string;
}

/** A second, or several (`sampleMs`). */
export interface Sample {
  /** Since the start of the run. */
  readonly atMs: number;
  readonly phase: string;
  readonly open: number;
  readonly changesPerSecond: number;
  readonly pushesPerSecond: number;
  readonly acksPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly generatorCpuShare: number;
  readonly serverCpuShare: number | null;
  readonly serverRssBytes: number | null;
}

/** Of the measured part. */
export interface ServerCost {
  readonly source: "proc" | "prometheus";
  readonly cpuMs: number;
  /** CPU µs per push that was received (with its ACK). */
  readonly cpuUsPerPush: number | null;
  /** Resident memory before the streams came, at the end, and at most. */
  readonly rssIdleBytes: number;
  readonly rssEndBytes: number;
  readonly rssMaxBytes: number;
  /** (end − idle) ÷ streams. */
  readonly rssPerStreamBytes: number | null;
  /** Growth by linear regression over the measured part, bytes per hour. */
  readonly rssSlopeBytesPerHour: number | null;
  readonly threads: number | null;
}
