import { type Cell, type Spread, spread } from "../../src/comparison/summary.ts";
import { CONTESTANTS } from "./contestants.ts";
import { findRowMetric } from "./row-metrics.ts";
import type { Column } from "./rows.ts";

/** The figures of a cell in the unit of the page; `undefined`: it has none. */
export function figures(cell: Cell, column: Column): Spread | undefined {
  const scale = column.scale ?? 1;
  return spread((cell.values[column.metric] ?? []).map((value) => value / scale));
}

/** For sorting, best first; cells without a figure come last. */
export function rank(cell: Cell, column: Column): number {
  const median = figures(cell, column)?.median;
  if (median === undefined) return Number.POSITIVE_INFINITY;
  return findRowMetric(column.metric).better === "lower" ? median : -median;
}

/** `12.3 (12.1 to 14.0)`, without the unit. */
export function formatFigure({ median, min, max }: Spread, { digits }: Pick<Column, "digits">): string {
  const show = (value: number) => formatAmount(value, digits);
  return min === max ? show(median) : `${show(median)} (${show(min)} to ${show(max)})`;
}

/** `1,234.5` */
export function formatAmount(value: number, digits: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `2.3x`: how many times ours it is. */
export function formatRatio(value: number, ours: number): string {
  return ours > 0 ? `${(value / ours).toFixed(value / ours < 10 ? 1 : 0)}x` : "-";
}

/** Put before a figure that is a bound, since the load generator was at its limit. */
export function boundOf({ lowerBounds, upperBounds }: Cell, { metric }: Column): string {
  if (lowerBounds.includes(metric)) return "at least ";
  return upperBounds.includes(metric) ? "at most " : "";
}

/** As the page calls a contestant: us in bold, bare loops in italics. */
export function nameOf(id: string): string {
  const contestant = CONTESTANTS.find((one) => one.id === id);
  if (!contestant) return id;
  if (contestant.id === "fairlead") return `**${contestant.title}**`;
  return contestant.kind === "bare" ? `*${contestant.title}*` : contestant.title;
}
