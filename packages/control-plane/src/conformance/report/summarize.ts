import type { Case, Level } from "../case.ts";
import type { Outcome } from "../run.ts";

/** How the trials of one requirement ended, in numbers. */
export interface Summary {
  readonly id: string;
  readonly pass: number;
  readonly fail: number;
  readonly unsupported: number;
  readonly outcomes: readonly Outcome[];
}

/** What is reported. */
export interface Report {
  readonly target: string;
  readonly driver: string;
  readonly outcomes: readonly Outcome[];
  /** Only failures of these levels count. */
  readonly levels: readonly Level[];
  /** Whether what is unsupported counts as failed. */
  readonly isStrict: boolean;
}

/** The outcomes by requirement, in their order. */
export function summarize(outcomes: readonly Outcome[]): Summary[] {
  const byId = Map.groupBy(outcomes, (outcome) => outcome.case.id);
  return [...byId].map(([id, own]) => ({
    id,
    pass: count(own, "pass"),
    fail: count(own, "fail"),
    unsupported: count(own, "unsupported"),
    outcomes: own,
  }));
}

/** The outcomes for which the run fails. */
export function faultsOf({ outcomes, levels, isStrict }: Report): Outcome[] {
  const isFault = ({ result }: Outcome) => result === "fail" || (isStrict && result === "unsupported");
  return outcomes.filter((outcome) => levels.includes(outcome.case.level) && isFault(outcome));
}

/** A trial's name: unique, and the same in every run. */
export function nameOf({ case: one, variant }: { readonly case: Case; readonly variant: string }): string {
  return `${one.id} ${one.says} (${variant})`;
}

/** How many ended so. */
export function count(outcomes: readonly Outcome[], result: Outcome["result"]): number {
  return outcomes.filter((outcome) => outcome.result === result).length;
}
