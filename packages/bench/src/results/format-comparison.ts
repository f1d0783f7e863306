import type { ComparedMetric, ComparedValue, Comparison, Difference } from "./compare.ts";
import { formatNumber, formatRange, formatValue } from "./units.ts";

/** How a comparison is written. */
export type ComparisonFormat = "text" | "markdown" | "json";

const WORDS: Readonly<Record<Difference, string>> = {
  base: "",
  better: "better",
  worse: "worse",
  tie: "tie",
  unsure: "unsure",
};

const RULE =
  "better/worse: rounds separate, and medians differ by 1.4 times or more, or by 1.05 with 3 rounds or more each; tie: they don't; " +
  "unsure: a single round, no valid one, or a figure that is a lower bound";

/** Medians, (min to max), ratio to the first and whether that exceeds the noise, for people or programs. */
export function formatComparison(comparison: Comparison, format: ComparisonFormat): string {
  if (format === "json") return `${JSON.stringify(comparison, null, 2)}\n`;
  const rows = [headOf(comparison), ...comparison.metrics.map(rowOf)];
  const warnings = comparison.warnings.map((warning) => (format === "markdown" ? `- ${warning}` : `! ${warning}`));
  const table = format === "markdown" ? markdownTable(rows) : textTable(rows);
  // Above the table: who reads a figure has read what is wrong with it.
  const above = warnings.length > 0 ? [...warnings, ""] : [];
  const below = comparison.subjects.length > 1 ? ["", `${RULE}.`] : [];
  return `${[...above, table, ...below].join("\n")}\n`;
}

function headOf({ subjects }: Comparison): string[] {
  const heads = subjects.map(({ name, rounds }) => `${name} (${rounds} ${rounds === 1 ? "round" : "rounds"})`);
  return ["", ...heads.flatMap((head, index) => (index === 0 ? [head] : [head, "ratio", ""]))];
}

function rowOf({ name, unit, values }: ComparedMetric): string[] {
  const cells = values.flatMap((value, index) => {
    const figure = value === null ? "-" : tellFigure(value, unit);
    return index === 0 ? [figure] : [figure, tellRatio(value), value?.difference ? WORDS[value.difference] : ""];
  });
  return [name, ...cells];
}

function tellFigure({ median, min, max, isLowerBound }: ComparedValue, unit: ComparedMetric["unit"]): string {
  const figure = `${isLowerBound ? "≥ " : ""}${formatValue(median, unit)}`;
  return min === max ? figure : `${figure} (${formatRange(min, max, unit)})`;
}

function tellRatio(value: ComparedValue | null): string {
  return value?.ratio == null ? "-" : `${formatNumber(value.ratio)} ×`;
}

function textTable(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => pad(cell, widths[column]!, column)).join("  "));
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** Names to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function markdownTable(rows: readonly string[][]): string {
  const [head, ...body] = rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  const rule = rows[0]!.map((_, column) => (column === 0 ? "---" : "---:")).join(" | ");
  return [head, `| ${rule} |`, ...body].join("\n");
}
