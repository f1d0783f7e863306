import type { Plan, Threshold } from "../plan/plan.ts";
import type { Figures } from "./metrics.ts";
import { formatNumber, formatValue } from "./units.ts";

/** The load tester's timers may be so late, 99th percentile, ms. */
export const SLIP_LIMIT_MS = 10;
/** The busiest generator process may take so much of a core, averaged over the measured part. */
export const CPU_LIMIT = 0.8;
/** So much of the planned changes has to be made. */
export const RATE_LIMIT = 0.95;
/** So much of the changes may fail: they are load that was promised and never came. */
export const FAILED_LIMIT = 0.01;

/** Metrics that a generator at its limit still gets right: what the server used, and how often it was wrong. */
const UNTOUCHED = new Set([
  ...["cpu_us_per_push", "cpu_share", "bytes_per_push"],
  ...["rss_idle", "rss_end", "rss_max", "rss_per_stream", "rss_slope"],
  ...["reordered", "unchanged", "resent_after_nack", "malformed", "failed_changes"],
  ...["generator_cpu", "slip_p99"],
]);
/** Metrics that such a generator shows too low, never too high. */
const LOWER_BOUNDS = ["pushes_per_second", "changes_per_second"];
/** And too high, never too low: it may miss what came, not see what never came. */
const UPPER_BOUNDS = ["lost", "ended", "sync_failed"];

/** Whether the figures may be believed. */
export interface Validity {
  /** Why they may not: a line each. Empty: they may. */
  readonly reasons: readonly string[];
  /** Why the generator, not the server, may have set the pace; empty when it was quick enough. */
  readonly late: readonly string[];
  /** Metrics that are at least so much. */
  readonly lowerBounds: readonly string[];
}

/**
 * Judges the load tester itself.
 *
 * A run with a schedule is invalid when its generator was late. A saturation run has none: a generator at its limit just shows that the
 * server can do *at least* so much, and what the server used per push is right all the same. So there the rates become lower bounds, and
 * the run is invalid only where a threshold can't be judged: one on a latency, or on a rate that was not reached.
 */
export function judgeValidity(
  plan: Plan,
  figures: Figures,
  thresholds: readonly Judged[],
  isEndedEarly: boolean,
): Validity {
  const late = lateness(figures);
  // What a run lacks that was ended early, it lacks for that reason.
  const reasons = isEndedEarly ? [] : [...nothingMeasured(plan, figures), ...driverFailures(plan, figures)];
  if (plan.scenario.kind !== "saturation") return { reasons: [...late, ...reasons], late, lowerBounds: [] };
  if (late.length === 0) return { reasons, late, lowerBounds: [] };
  const undecided = thresholds.filter(isUndecided).map(({ text }) => `\`${text}\` can't be judged: ${late.join("; ")}`);
  return { reasons: [...reasons, ...undecided], late, lowerBounds: LOWER_BOUNDS };
}

/** A threshold of the plan, judged. */
export interface Judged extends Threshold {
  readonly actual: number | null;
  readonly holds: boolean;
}

/** Whether the true figure, on the one side of the measured one that is possible, may change the answer. */
function isUndecided({ metric, operator, value, holds }: Judged): boolean {
  if (UNTOUCHED.has(metric)) return false;
  const wantsMore = operator.startsWith(">");
  const wantsLess = operator.startsWith("<") || (operator === "==" && value === 0);
  if (LOWER_BOUNDS.includes(metric)) return !(holds ? wantsMore : wantsLess);
  if (UPPER_BOUNDS.includes(metric)) return !(holds ? wantsLess : wantsMore);
  return true;
}

/** How the load tester itself was too slow: a line each, as a verdict tells it. */
export function lateness({ generator }: Pick<Figures, "generator">): readonly string[] {
  const reasons: string[] = [];
  if (generator.slipP99Ms > SLIP_LIMIT_MS) {
    const slip = formatValue(generator.slipP99Ms, "ms");
    reasons.push(
      `the load tester's own timers were late by ${slip} (p99; at most ${SLIP_LIMIT_MS} ms): give it cores of its own`,
    );
  }
  if (generator.cpuShare > CPU_LIMIT) {
    const share = formatValue(generator.cpuShare, "share");
    const mend = "more generators (--generators) on more cores, or fewer streams";
    reasons.push(`a generator process took ${share} of a core (at most ${formatValue(CPU_LIMIT, "share")}): ${mend}`);
  }
  return reasons;
}

function nothingMeasured({ scenario, streams }: Plan, { counts, measured }: Figures): string[] {
  if (counts.synced === 0) return [`none of ${formatNumber(streams)} streams got its first state`];
  if (scenario.kind === "connect" || scenario.kind === "search") return [];
  if (scenario.kind === "reconnect" && scenario.changesPerSecond === 0) return [];
  if (measured.pushes > 0 || counts.pushes > 0) return [];
  return ["no push came in the measured part: is the driver the one that changes this server, do the names match?"];
}

function driverFailures({ scenario, driver }: Plan, { counts, measured }: Figures): string[] {
  const tried = counts.changes + counts.failedChanges;
  if (counts.failedChanges > FAILED_LIMIT * tried) {
    return [`the driver could not make ${formatNumber(counts.failedChanges)} of ${formatNumber(tried)} changes`];
  }
  if (driver.kind === "none" || (scenario.kind !== "steady" && scenario.kind !== "soak")) return [];
  const planned = (scenario.changesPerSecond * measured.durationMs) / 1_000;
  // A change more or less is a matter of where the edge falls.
  if (counts.changes + 1 >= planned * RATE_LIMIT) return [];
  return [
    `the driver made ${formatNumber(counts.changes)} of ${formatNumber(Math.floor(planned))} planned changes in time`,
  ];
}
