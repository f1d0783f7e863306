import { createHash } from "node:crypto";
import { type Chart, inlineSvg, type Table } from "./chart.ts";
import { escapeText } from "./escape.ts";
import { HOVER_SCRIPT } from "./hover.ts";
import { CHART_STYLE, PAGE_STYLE } from "./style.ts";

/** One file that asks for nothing: no network, no fonts, no other script than its own. @param body HTML */
export function renderPage(title: string, body: string): string {
  const hash = createHash("sha256").update(HOVER_SCRIPT).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapeText(title)}</title>
<style>${CHART_STYLE}
${PAGE_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
<div id="tip" role="status" hidden></div>
<script>${HOVER_SCRIPT}</script>
</body>
</html>
`;
}

/** The drawing, and its numbers for whoever opens them. @param id unique on the page */
export function renderChart(chart: Chart, id: string): string {
  const table = renderTable(chart.table);
  return `<figure><h3>${escapeText(chart.title)}</h3>${inlineSvg(chart, id)}<details><summary>In numbers</summary>${table}</details></figure>`;
}

/** @param name a class: `words` for columns of text */
export function renderTable({ head, rows }: Table, name = ""): string {
  const cells = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0
          ? `<th scope="row">${escapeText(cell)}</th>`
          : `<td${headOf(head[column])}>${escapeText(cell)}</td>`,
      )
      .join("");
  const heads = head.map((cell) => `<th scope="col">${escapeText(cell)}</th>`).join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n");
  return `<div class="scroll"><table class="${name}"><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** What names a cell on a screen too narrow for columns, where rows are stacked. @param head of its column */
export function headOf(head: string | undefined): string {
  return head ? ` data-head="${escapeText(head)}"` : "";
}

/** What stands between backticks is code. */
function renderText(text: string): string {
  return escapeText(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

/** `undefined` for nothing: no empty lists. */
export function renderList(items: readonly string[]): string {
  return items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${renderText(item)}</li>`).join("")}</ul>`;
}
