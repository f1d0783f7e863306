import type { Threshold } from "../plan/plan.ts";
import type { Result } from "./result.ts";

type Judged = Result["thresholds"][number];

/** Each threshold with the figure that the run has for it. One without a figure (`actual: null`) does not hold: nothing shows that it does. */
export function judgeThresholds(thresholds: readonly Threshold[], metrics: Result["metrics"]): Judged[] {
  return thresholds.map(({ text, metric, operator, value }) => {
    const actual = metrics[metric] ?? null;
    return { text, actual, holds: actual !== null && compare[operator](actual, value) };
  });
}

const compare: Readonly<Record<Threshold["operator"], (actual: number, value: number) => boolean>> = {
  "<": (actual, value) => actual < value,
  "<=": (actual, value) => actual <= value,
  ">": (actual, value) => actual > value,
  ">=": (actual, value) => actual >= value,
  "==": (actual, value) => actual === value,
};
