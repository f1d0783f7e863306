import { METRICS, type Metric } from "./metrics.ts";
import { differencesOf } from "./plan-differences.ts";
import type { Result } from "./result.ts";

/** Below this ratio, rounds that don't separate are a tie: that much a shared machine gives and takes. */
export const NOISE_RATIO = 1.4;
/** Below this ratio nobody cares, however clearly rounds separate. */
export const EQUAL_RATIO = 1.05;
/** So many rounds on both sides have to separate to be believed where the ratio is small. */
export const ENOUGH_ROUNDS = 3;

/** A result, and what it is called where its name doesn't tell (its file). */
export interface Entry {
  readonly label: string;
  readonly result: Result;
}

/**
 * - `base`: what the others are compared with.
 * - `better`, `worse`: the difference exceeds the noise.
 * - `tie`: it does not.
 * - `unsure`: it seems to; but a side has a single round, or a figure that is only a lower bound. Always, where a side has no valid round.
 */
export type Difference = "base" | "better" | "worse" | "tie" | "unsure";

/** Several results side by side: what `compare -o json` writes. */
export interface Comparison {
  readonly format: "fairlead-bench-comparison";
  readonly formatVersion: 1;
  /** The first is the base. */
  readonly subjects: readonly Subject[];
  readonly metrics: readonly ComparedMetric[];
  /** What a reader has to know before believing: other plans, other machines, invalid rounds, wrong answers. */
  readonly warnings: readonly string[];
}

/** Rounds of one thing. */
export interface Subject {
  readonly name: string;
  /** Rounds that the figures are of. */
  readonly rounds: number;
  /** Rounds that are not in them, since they were invalid or aborted. */
  readonly leftOut: number;
  readonly verdicts: readonly Result["verdict"]["kind"][];
}

export interface ComparedMetric extends Pick<Metric, "name" | "unit" | "better" | "meaning"> {
  /** As many as there are subjects; `null`: it has no such figure. */
  readonly values: readonly (ComparedValue | null)[];
}

export interface ComparedValue {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  /** The generator set the limit in some round: it is at least so much. */
  readonly isLowerBound: boolean;
  /** To the base's median; `null` where that is 0 or unknown, or a side has no valid round. */
  readonly ratio: number | null;
  readonly difference: Difference | null;
}

interface Group {
  readonly name: string;
  readonly all: readonly Result[];
  readonly used: readonly Result[];
}

/**
 * Compares results. Those of one name are rounds of the same thing; if all have one name, each file is a thing of its own.
 *
 * A difference from the first exceeds the noise when the rounds separate (the worst of one is better than the best of the other) and
 * the ratio of the medians is at least {@link NOISE_RATIO}; or at least {@link EQUAL_RATIO}, with {@link ENOUGH_ROUNDS} rounds or more on
 * both sides. Everything else is a tie. With a single round on a side the spread is unknown:
 * then it is `unsure`. Without a valid round on a side everything is, also what looks like a tie.
 */
export function compareResults(entries: readonly Entry[]): Comparison {
  const groups = groupByName(entries);
  const base = groups[0];
  const metrics = METRICS.map(({ name, unit, better, meaning }) => {
    const summaries = groups.map(({ used }) => summarize(used, name));
    const values = summaries.map((summary, index) => summary && relate(summary, summaries[0]!, index === 0, better));
    return { name, unit, better, meaning, values };
  });
  return {
    format: "fairlead-bench-comparison",
    formatVersion: 1,
    subjects: groups.map(({ name, all, used }) => ({
      name,
      rounds: used.length,
      leftOut: all.length - used.length,
      verdicts: all.map(({ verdict }) => verdict.kind),
    })),
    metrics: metrics.filter(({ values }) => values.some((value) => value !== null)),
    warnings: base === undefined ? [] : [...groups.flatMap(warningsOf), ...differencesOf(groups, base)],
  };
}

function groupByName(entries: readonly Entry[]): Group[] {
  const names = new Set(entries.map(({ result }) => result.name));
  const isOneName = names.size === 1 && entries.length > 1;
  const named = entries.map(({ label, result }, index) => {
    const isTaken = entries.findIndex((other) => other.label === label) < index;
    return { result, name: isOneName ? `${label}${isTaken ? ` (${index + 1})` : ""}` : result.name };
  });
  const byName = Map.groupBy(named, ({ name }) => name);
  return [...byName].map(([name, group]) => {
    const all = group.map(({ result }) => result);
    const valid = all.filter(isValid);
    return { name, all, used: valid.length > 0 ? valid : all };
  });
}

interface Summary extends Omit<ComparedValue, "ratio" | "difference"> {
  readonly isValid: boolean;
}

function summarize(rounds: readonly Result[], name: string): Summary | null {
  const values = rounds.flatMap(({ metrics }) => metrics[name] ?? []).sort((a, b) => a - b);
  if (values.length === 0) return null;
  return {
    median: medianOf(values),
    min: values[0]!,
    max: values.at(-1)!,
    rounds: values.length,
    isLowerBound: rounds.some(({ lowerBounds }) => lowerBounds.includes(name)),
    isValid: rounds.every(isValid),
  };
}

function relate(summary: Summary, base: Summary | null, isBase: boolean, better: Metric["better"]): ComparedValue {
  const { isValid: _, ...value } = summary;
  if (isBase) return { ...value, ratio: null, difference: "base" };
  if (base === null) return { ...value, ratio: null, difference: null };
  // A ratio of figures that are not valid looks like one of figures that are.
  if (!summary.isValid || !base.isValid) return { ...value, ratio: null, difference: "unsure" };
  const ratio = base.median === 0 ? null : value.median / base.median;
  return { ...value, ratio, difference: differenceOf(summary, base, ratio, better) };
}

function differenceOf(value: Summary, base: Summary, ratio: number | null, better: Metric["better"]): Difference {
  // From nothing to something, or across zero (a slope): only the rounds can tell.
  const size = ratio === null || ratio <= 0 ? Number.POSITIVE_INFINITY : Math.max(ratio, 1 / ratio);
  const separate = value.min > base.max || value.max < base.min;
  if (size < EQUAL_RATIO || !separate) return "tie";
  const rounds = Math.min(value.rounds, base.rounds);
  if (size < NOISE_RATIO && rounds < ENOUGH_ROUNDS) return "tie";
  const isBetter = value.median < base.median === (better === "lower");
  // "At least so much" may be more: it can't be shown to be worse, nor the others better than it.
  if (isBetter ? base.isLowerBound : value.isLowerBound) return "unsure";
  if (rounds === 1) return "unsure";
  return isBetter ? "better" : "worse";
}

function warningsOf({ name, all, used }: Group): string[] {
  const wrong = all.filter(({ verdict }) => verdict.kind === "wrong");
  const unusable = all.filter((round) => !isValid(round));
  // The first reason is that of the verdict.
  const told = (rounds: readonly Result[]) =>
    [...new Set(rounds.flatMap(({ verdict }) => verdict.reasons[0] ?? []))].join("; ");
  const warnings = [];
  if (wrong.length > 0) {
    warnings.push(
      `${name}: wrong answers in ${wrong.length} of ${all.length} rounds, its speed counts for nothing: ${told(wrong)}`,
    );
  }
  if (unusable.length > 0) {
    const consequence = used === all ? "none is valid, so these figures are not either" : "left out";
    warnings.push(
      `${name}: ${unusable.length} of ${all.length} rounds invalid or aborted (${consequence}): ${told(unusable)}`,
    );
  }
  if (all.length === 1) warnings.push(`${name}: a single round, so its spread is unknown; take 3 or more`);
  return warnings;
}

function isValid({ verdict }: Result): boolean {
  return verdict.kind !== "invalid" && verdict.kind !== "aborted";
}

/** The middle of an odd number of figures, the mean of the two middle ones of an even number. @param sorted ascending, not empty */
export function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
