import type { Threshold } from "../plan/plan.ts";
import type { Result } from "./result.ts";
import type { Judged } from "./validity.ts";

/** Each threshold with the figure that the run has for it. One without a figure (`actual: null`) does not hold: nothing shows that it does. */
export function judgeThresholds(thresholds: readonly Threshold[], metrics: Result["metrics"]): Judged[] {
  return thresholds.map((threshold) => {
    const { metric, operator, value } = threshold;
    const actual = metrics[metric] ?? null;
    return { ...threshold, actual, holds: actual !== null && compare[operator](actual, value) };
  });
}

const compare: Readonly<Record<Threshold["operator"], (actual: number, value: number) => boolean>> = {
  "<": (actual, value) => actual < value,
  "<=": (actual, value) => actual <= value,
  ">": (actual, value) => actual > value,
  ">=": (actual, value) => actual >= value,
  "==": (actual, value) => actual === value,
};
