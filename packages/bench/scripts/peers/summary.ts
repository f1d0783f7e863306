import { readFileSync } from "node:fs";
import { medianOf } from "../../src/results/compare.ts";
import type { Machine } from "../../src/results/result.ts";

/** What a comparison found: the page and its charts are made of this alone (`docs/benchmarks/results.json`). */
export interface Summary {
  readonly format: "fairlead-bench-peers";
  readonly formatVersion: 1;
  /** Of the beginning, RFC 3339. */
  readonly startedAt: string;
  readonly minutes: number;
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly machine: Machine;
  /** CPUs of server and load generator; left out where they were not bound. */
  readonly cpus?: { readonly server: string; readonly generator: string };
  readonly contestants: readonly ContestantSummary[];
  readonly rows: readonly RowSummary[];
}

export interface ContestantSummary {
  readonly id: string;
  /** What its `--version` says, or why it was left out. */
  readonly version?: string;
  readonly leftOut?: string;
}

export interface RowSummary {
  readonly id: string;
  readonly cells: readonly Cell[];
}

/** One contestant in one row. */
export interface Cell {
  readonly contestant: string;
  /** Of each metric: the figures of the rounds that count, in the metric's own unit. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** Metrics that are at least so much: the load generator was at its limit in one of the rounds. */
  readonly lowerBounds: readonly string[];
  /** Metrics that are at most so much: it was late in one of the rounds. */
  readonly upperBounds: readonly string[];
  /** Rounds that don't count, and answers that were wrong: a line each. */
  readonly remarks: readonly string[];
}

/** Of at least one figure. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle of an odd number of figures, the mean of the two middle ones of an even number; `undefined` of none. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return { median: medianOf(sorted), min: sorted[0]!, max: sorted.at(-1)! };
}

/** @throws Error if the file is not there, or no comparison of this format */
export function readSummary(file: string): Summary {
  const summary = JSON.parse(readFileSync(file, "utf8")) as Summary;
  if (summary.format === "fairlead-bench-peers" && summary.formatVersion === 1) return summary;
  throw new Error(`${file}: no result of \`npm run bench:peers\` of this version: run it again`);
}
