import type { ComparedValue, Comparison } from "../results/compare.ts";
import { formatNumber, formatRange, formatValue } from "../results/units.ts";
import { escapeText } from "./escape.ts";
import { headOf } from "./page.ts";

/** All metrics of all subjects: medians, extremes, ratios to the first, and whether they exceed the noise. */
export function comparisonTable({ subjects, metrics }: Comparison): string {
  const heads = subjects.map(({ name, rounds }, index) => {
    const count = `${rounds} ${rounds === 1 ? "round" : "rounds"}`;
    return `<th scope="col"><span class="swatch b${index % 6}"></span>${escapeText(name)}, ${count}</th>`;
  });
  const rows = metrics.map(({ name, unit, values }) => {
    const cells = values.map(
      (value, index) => `<td${headOf(subjects[index]?.name)}>${value === null ? "-" : cellOf(value, unit)}</td>`,
    );
    return `<tr><th scope="row"><code>${escapeText(name)}</code></th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th></th>${heads.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function cellOf(value: ComparedValue, unit: Parameters<typeof formatValue>[1]): string {
  const { median, min, max, ratio, difference, isLowerBound } = value;
  const figure = `${isLowerBound ? "≥ " : ""}${formatValue(median, unit)}`;
  const range = min === max ? "" : `<br><span class="faint">${formatRange(min, max, unit)}</span>`;
  if (difference === null || difference === "base") return figure + range;
  const style = difference === "better" ? "holds" : difference === "worse" ? "fails" : "faint";
  const times = ratio === null ? "" : `${formatNumber(ratio)} × `;
  return `${figure}${range}<br><span class="${style}">${times}${difference}</span>`;
}
