import { BenchError } from "../errors.ts";
import type { Costs } from "./costs.ts";
import type { Measurement } from "./measurement.ts";
import { type Prediction, predict } from "./predict.ts";

/** Predictions beside a second measurement. */
export interface Checked {
  readonly rows: readonly (Prediction & { readonly name: string })[];
  /** Of the errors' sizes. */
  readonly median: number;
  readonly worst: number;
}

/**
 * Says how far the costs are off from other measurements.
 *
 * @throws BenchError `bad-plan`: nothing in them can be predicted
 */
export function checkCosts(costs: Costs, others: readonly Measurement[]): Checked {
  const rows = others
    .filter((one) => one.isTls === costs.isTls && one.protocol !== "raw" && one.protocol !== "rest")
    .flatMap((one) => predict(costs, one).map((prediction) => ({ name: one.name, ...prediction })));
  if (rows.length === 0) {
    const wanted = costs.isTls ? "runs over TLS" : "runs without TLS";
    throw new BenchError(
      "bad-plan",
      `--check: there is nothing to compare: expected ${wanted}, at a steady rate or at full load, or with 2,000 streams or more`,
    );
  }
  const sizes = rows.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
  return { rows, median: sizes[sizes.length >> 1]!, worst: sizes.at(-1)! };
}
