/** One observation: `y` is taken to be the sum of coefficients times `x`. */
export interface Observation {
  readonly x: readonly number[];
  readonly y: number;
}

/**
 * The coefficients, none of them negative, that make the squares of the *relative* errors least: an error of 1 of 10 counts as
 * one of 100 of 1,000. A coefficient that would be negative is 0, and the others are found again.
 *
 * @returns `undefined` where the observations don't tell the coefficients apart
 */
export function fitNonNegative(observations: readonly Observation[]): readonly number[] | undefined {
  const width = observations[0]?.x.length ?? 0;
  let used = Array.from({ length: width }, (_, at) => at);
  while (used.length > 0) {
    const solved = solve(observations, used);
    if (solved === undefined) return undefined;
    const lowest = solved.indexOf(Math.min(...solved));
    if (solved[lowest]! >= 0) {
      const coefficients = new Array<number>(width).fill(0);
      for (const [at, column] of used.entries()) coefficients[column] = solved[at]!;
      return coefficients;
    }
    used = used.filter((_, at) => at !== lowest);
  }
  return undefined;
}

/** The normal equations of some columns, by Gauss and Jordan. */
function solve(observations: readonly Observation[], columns: readonly number[]): readonly number[] | undefined {
  const scaled = observations.map(({ x, y }) => columns.map((column) => x[column]! / y));
  // Columns of very different size are brought to one, so that what counts as nothing is the same for all.
  const norms = columns.map((_, at) => Math.hypot(...scaled.map((one) => one[at]!)));
  if (norms.includes(0)) return undefined;
  const rows = columns.map((_, row) => [
    ...columns.map((_, at) => sum(scaled, (one) => (one[row]! / norms[row]!) * (one[at]! / norms[at]!))),
    sum(scaled, (one) => one[row]! / norms[row]!),
  ]);
  for (const [at] of rows.entries()) {
    const pivot = rows.slice(at).reduce((best, row) => (Math.abs(row[at]!) > Math.abs(best[at]!) ? row : best));
    if (Math.abs(pivot[at]!) < SINGULAR) return undefined;
    rows[rows.indexOf(pivot)] = rows[at]!;
    rows[at] = pivot.map((value) => value / pivot[at]!);
    for (const [other, row] of rows.entries()) {
      if (other !== at) rows[other] = row.map((value, column) => value - row[at]! * rows[at]![column]!);
    }
  }
  return rows.map((row, at) => row.at(-1)! / norms[at]!);
}

/** Of columns that were brought to length 1: below that, one is as good as the other. */
const SINGULAR = 1e-6;

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
