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
  /** Change → received by a stream, from the intended time; healthy streams, measured part. */
  readonly received?: Distribution;
  /** Change → ACK handed to the system. */
  readonly acked?: Distribution;
  /** Attempt → first whole state. */
  readonly firstSync?: Distribution;
  /** Of all changes: when 50, 90, 99 and 100 % of the fleet had it. */
  readonly fleet?: Readonly<Record<"p50" | "p90" | "p99" | "p100", Distribution>>;
  readonly counts: Counts & { readonly lost: number; readonly changes: number; readonly failedChanges: number };
  readonly wrongAnswers: readonly WrongAnswer[];
  /** A sample a second of the whole run, warm-up included. */
  readonly timeline: readonly Sample[];
  readonly generator: {
    readonly processes: number;
    readonly cpuShare: number;
    readonly slipP99Ms: number;
    readonly rssBytes: number;
  };
  readonly server?: ServerCost;
  /** Every metric that thresholds and `compare` know, by its name in `metrics.ts`. */
  readonly metrics: Readonly<Record<string, number>>;
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

/** One second. */
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
