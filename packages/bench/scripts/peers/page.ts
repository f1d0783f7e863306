import { type RowSummary, type Summary, spread } from "../../src/comparison/summary.ts";
import { barChart } from "../../src/report/bar-chart.ts";
import { standaloneSvg } from "../../src/report/chart.ts";
import { NOISE_RATIO } from "../../src/results/compare.ts";
import { boundOf, figures, formatFigure, formatRatio, nameOf, rank } from "./cells.ts";
import { CONTESTANTS } from "./contestants.ts";
import { findRowMetric } from "./row-metrics.ts";
import { ROWS, type Row } from "./rows.ts";
import { renderTargets } from "./target-table.ts";

/** `docs/benchmarks.md`, whole. */
export function renderPage(summary: Summary): string {
  const rows = summary.rows.flatMap((found) => {
    const row = ROWS.find(({ id }) => id === found.id);
    return row ? [renderRow(row, found)] : [];
  });
  return `${[
    "# Benchmarks",
    "<!-- Written by `npm run bench:peers` from benchmarks/results.json: don't edit by hand. -->",
    [
      "Fairlead and its peers under the same load, by [`fairlead bench`](bench.md), the losses included. Requests lost by real Envoys",
      "while clusters are swapped are on [a page of their own](lost-requests.md).",
    ].join("\n"),
    [
      "```sh",
      "npm run bench:peers -- --quick            # under 10 minutes; without --quick all rows of this page",
      "npm run bench:peers -- --rows targets     # the rows of the table of targets, and those that it compares Fairlead with",
      "```",
    ].join("\n"),
    renderHow(summary),
    renderTargets(summary),
    ...rows,
    renderLeftOut(summary),
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

const README_BEGIN = "<!-- Written by `npm run bench:peers`: don't edit by hand. -->";
const README_END = "<!-- End of what bench:peers wrote. -->";
/** The row that the README tells. */
const README_ROW = "saturation-10kb-all";

/** The README with the figures of a comparison between its marks; as it was, if it has no marks or the row was not run. */
export function withReadmeTable(readme: string, summary: Summary): string {
  const row = ROWS.find(({ id }) => id === README_ROW)!;
  const found = summary.rows.find(({ id }) => id === row.id);
  const [from, to] = [readme.indexOf(README_BEGIN), readme.indexOf(README_END)];
  if (!found || from < 0 || to < from) return readme;
  return `${readme.slice(0, from + README_BEGIN.length)}\n${renderTable(row, found)}\n${readme.slice(to)}`;
}

/** A row's first metric as bars, an SVG file. */
export function renderChart(summary: Summary, rowId: string): string {
  const row = ROWS.find(({ id }) => id === rowId)!;
  const cells = summary.rows.find(({ id }) => id === rowId)?.cells ?? [];
  const [column] = row.metrics;
  const { unit, better } = findRowMetric(column!.metric);
  const bars = cells
    .toSorted((a, b) => rank(a, column!) - rank(b, column!))
    .flatMap((cell) => {
      const found = spread(cell.values[column!.metric] ?? []);
      if (!found) return [];
      return [
        {
          label: titleOf(cell.contestant).replaceAll("`", ""),
          ...found,
          color: cell.contestant === "fairlead" ? 0 : 1,
        },
      ];
    });
  return standaloneSvg(barChart({ title: capitalized(column!.title), unit, scale: "log", better, bars }));
}

function renderHow(summary: Summary): string {
  const { machine, cpus } = summary;
  const bound = cpus
    ? `server on CPU ${cpus.server}, load generator on CPU ${cpus.generator}`
    : "server and load generator not bound to CPUs";
  const lines = [
    `Measured ${summary.startedAt.slice(0, 10)} in ${summary.minutes} minutes: ${machine.cpu}, ${machine.cores} cores, ${gib(machine.memoryBytes)} GiB, ${machine.os}; ${bound}.`,
    `Every figure is the median of ${summary.rounds} rounds (min to max), each with a fresh server, the servers in turn. **Ratios carry over to other`,
    `machines, absolute figures do not; a ratio under ${NOISE_RATIO} is a tie here.** Ratios are to Fairlead: 2.0x means twice as much.`,
    "",
    "All nodes share one snapshot of `ClusterLoadAssignment`s with 45 endpoints each (about 1 KB each); a change alters the first endpoint",
    "of one of them, or of all where a row says so; every stream gets it and ACKs. Fairlead is changed through its admin API and does all that",
    "it does in production: validation, commit, make before break, metrics, status. The peers are changed by a call that touches their cache. Those in",
    "*italics* keep no subscriptions, versions or state per client: they show what the transport can give and are no control planes.",
    "",
    "| server | version |",
    "|---|---|",
    ...CONTESTANTS.flatMap((contestant) => {
      const version = summary.contestants.find(({ id }) => id === contestant.id)?.version;
      return version ? [`| ${nameOf(contestant.id)}: ${contestant.text} | ${version} |`] : [];
    }),
  ];
  return lines.join("\n");
}

function renderRow(row: Row, found: RowSummary): string {
  if (found.notRun !== undefined) return [`## ${row.title}`, `Not run: ${found.notRun}.`].join("\n\n");
  const parts = [`## ${row.title}`, row.text, `![${row.title}](benchmarks/${row.id}.svg)`, renderTable(row, found)];
  const notes = found.cells.flatMap(({ contestant, remarks }) =>
    remarks.map((text) => `- ${nameOf(contestant)}: ${text}`),
  );
  return [...parts, ...(notes.length > 0 ? [notes.join("\n")] : [])].join("\n\n");
}

/** Best first, by the first metric. */
function renderTable(row: Row, found: RowSummary): string {
  const [first] = row.metrics;
  const ranked = found.cells.toSorted((a, b) => rank(a, first!) - rank(b, first!));
  const fairlead = found.cells.find(({ contestant }) => contestant === "fairlead");
  const heads = row.metrics.flatMap(({ title, unit }) => [`${title}, ${unit}`, "ratio"]);
  const lines = ranked.map((cell) => {
    const columns = row.metrics.flatMap((column) => {
      const own = figures(cell, column);
      const ours = fairlead && figures(fairlead, column);
      return [
        own ? `${boundOf(cell, column)}${formatFigure(own, column)}` : "-",
        own && ours ? formatRatio(own.median, ours.median) : "-",
      ];
    });
    return `| ${nameOf(cell.contestant)} | ${columns.join(" | ")} |`;
  });
  return [`| server | ${heads.join(" | ")} |`, `|---|${heads.map(() => "---:|").join("")}`, ...lines].join("\n");
}

function renderLeftOut(summary: Summary): string {
  const leftOut = summary.contestants.flatMap(({ id, leftOut }) => (leftOut ? [`- ${nameOf(id)}: ${leftOut}`] : []));
  return leftOut.length === 0 ? "" : ["## Left out", leftOut.join("\n")].join("\n\n");
}

const gib = (bytes: number) => Math.round(bytes / 2 ** 30);

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const titleOf = (id: string) => CONTESTANTS.find((one) => one.id === id)?.title ?? id;
