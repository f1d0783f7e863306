import { type Comparison, compareResults, type Entry } from "../results/compare.ts";
import { findMetric, METRICS } from "../results/metrics.ts";
import type { Result } from "../results/result.ts";
import { formatNumber, formatValue } from "../results/units.ts";
import { barChart } from "./bar-chart.ts";
import type { Chart } from "./chart.ts";
import { comparisonTable } from "./comparison-table.ts";
import { escapeText } from "./escape.ts";
import { headOf, renderChart, renderList, renderPage, renderTable } from "./page.ts";
import { describePlan, fleetChart, latencyChart, stormChart, timelineCharts } from "./result-charts.ts";

const TILES = [
  ...["p50", "p99", "fleet_p100_p50", "sync_p99", "sync_all", "pushes_per_second"],
  ...["cpu_us_per_push", "cpu_share", "rss_per_stream", "rss_max", "search_best"],
];
const SHORT: Readonly<Record<string, string>> = {
  p50: "received, median",
  p99: "received, p99",
  fleet_p100_p50: "whole fleet, median",
  sync_p99: "first sync, p99",
  sync_all: "all synced after",
  pushes_per_second: "pushes",
  cpu_us_per_push: "server CPU per push",
  cpu_share: "server CPU, of a core",
  rss_per_stream: "server memory per stream",
  rss_max: "server memory at most",
  search_best: "best that holds",
};
/** What bars are drawn of, when results are compared. */
const BARS = ["p99", "cpu_us_per_push", "pushes_per_second", "rss_per_stream", "sync_all", "fleet_p100_p50"];
/** Timelines are drawn of so many results; more would be a wall of drawings. */
const MAX_TIMELINES = 8;

/**
 * The report: one HTML file that needs nothing else. Of several results (rounds of one name are put together) it is a comparison.
 *
 * @param entries at least one
 */
export function renderReport(entries: readonly Entry[]): string {
  const [first] = entries;
  if (first === undefined) return renderPage("fairlead bench", "<h1>No results</h1>");
  return entries.length === 1 ? renderOne(first.result) : renderSeveral(entries);
}

function renderOne(result: Result): string {
  const charts = [latencyChart([result]), fleetChart([result]), stormChart([result]), ...timelineCharts(result)];
  const body = [
    `<header><p class="faint">fairlead bench · ${escapeText(describePlan(result))}</p>`,
    `<h1>${escapeText(result.name)} ${badge(result)}</h1>${renderList(result.verdict.reasons)}</header>`,
    isDoubtful(result) ? `<div class="doubtful">${DOUBT}` : "<div>",
    tiles(result),
    notes(result),
    thresholds(result),
    section("Figures", renderCharts(charts, "c")),
    wrongAnswers(result),
    steps(result),
    section("All metrics", renderTable(metricsTable(result), "metrics")),
    "</div>",
    facts(result),
  ];
  return renderPage(`${result.name}: ${result.verdict.kind}`, body.join("\n"));
}

function renderSeveral(entries: readonly Entry[]): string {
  const comparison = compareResults(entries);
  const subjects = comparison.subjects.map(({ name }) => name);
  // Of each name the first round, for curves: rounds can't be laid over each other.
  const named = subjects.map((name, index) => {
    // Where all have one name, subjects are the entries themselves.
    const { result } = entries.find((entry) => entry.result.name === name) ?? entries[index]!;
    return { ...result, name };
  });
  const bars = BARS.flatMap((name) => {
    const metric = comparison.metrics.find((one) => one.name === name);
    const drawn = metric?.values.flatMap((value, color) =>
      value ? [{ ...value, label: subjects[color]!, color }] : [],
    );
    if (metric === undefined || drawn === undefined || drawn.length < 2) return [];
    return barChart({ title: metric.meaning, unit: metric.unit, better: metric.better, bars: drawn });
  });
  const curves = [latencyChart(named), fleetChart(named), stormChart(named)];
  const title = `${subjects[0]} and ${subjects.length === 2 ? subjects[1] : `${subjects.length - 1} others`}`;
  const timelines = named.slice(0, MAX_TIMELINES).map((result, index) => {
    const heading = `<h2><span class="swatch b${index % 6}"></span>${escapeText(result.name)} ${badge(result)}</h2>`;
    const story = `<p class="faint">${escapeText(describePlan(result))}</p>${renderList([...result.verdict.reasons, ...result.verdict.notes])}`;
    return `<section${isDoubtful(result) ? ' class="doubtful"' : ""}>${heading}${story}${renderCharts(timelineCharts(result), `t${index}-`)}</section>`;
  });
  const body = [
    `<header><p class="faint">fairlead bench · comparison</p><h1>${escapeText(title)}</h1>${badges(comparison)}${renderList(comparison.warnings)}</header>`,
    section("Medians of the rounds", renderCharts(bars, "b")),
    section("Curves (of the first round)", renderCharts(curves, "c")),
    section("All metrics", `${comparisonTable(comparison)}`),
    ...timelines,
    facts(named[0]!),
  ];
  return renderPage(title, body.join("\n"));
}

function renderCharts(charts: readonly (Chart | undefined)[], prefix: string): string {
  const drawn = charts.filter((chart) => chart !== undefined);
  return `<div class="charts">${drawn.map((chart, index) => renderChart(chart, `${prefix}${index}`)).join("\n")}</div>`;
}

function section(title: string, body: string): string {
  return `<section><h2>${escapeText(title)}</h2>${body}</section>`;
}

function badge({ verdict }: Result): string {
  return badgeOf(verdict.kind);
}

function badgeOf(kind: Result["verdict"]["kind"]): string {
  return `<span class="verdict ${kind}">${kind.toUpperCase()}</span>`;
}

/** The verdict of each round. */
function badges({ subjects }: Comparison): string {
  const items = subjects.map(
    ({ name, verdicts }, index) =>
      `<li><span class="swatch b${index % 6}"></span>${escapeText(name)} ${verdicts.map(badgeOf).join(" ")}</li>`,
  );
  return `<ul class="badges">${items.join("")}</ul>`;
}

const DOUBT = `<p class="fails">These figures are not valid: see the reasons above.</p>`;

function isDoubtful({ verdict }: Result): boolean {
  return verdict.kind === "invalid" || verdict.kind === "aborted";
}

function tiles({ metrics, lowerBounds }: Result): string {
  const known = TILES.filter((name) => metrics[name] !== undefined);
  const items = known.map((name) => {
    const figure = formatValue(metrics[name]!, findMetric(name)?.unit ?? "count");
    const bound = lowerBounds.includes(name) ? "≥ " : "";
    return `<div><dt>${SHORT[name] ?? name}</dt><dd>${bound}${escapeText(figure)}</dd></div>`;
  });
  return `<dl class="tiles">${items.join("")}</dl>`;
}

function notes({ verdict }: Result): string {
  return verdict.notes.length === 0 ? "" : section("Notes", renderList(verdict.notes));
}

function thresholds({ thresholds, plan }: Result): string {
  if (thresholds.length === 0) return "";
  const rows = thresholds.map(({ text, actual, holds }, index) => {
    const unit = findMetric(plan.thresholds[index]?.metric ?? "")?.unit ?? "count";
    const figure = actual === null ? "no figure" : formatValue(actual, unit);
    const mark = holds ? `<td class="holds">holds</td>` : `<td class="fails">missed</td>`;
    return `<tr><th scope="row"><code>${escapeText(text)}</code></th><td${headOf("actual")}>${escapeText(figure)}</td>${mark}</tr>`;
  });
  const head = `<thead><tr><th scope="col">threshold</th><th scope="col">actual</th><th scope="col"></th></tr></thead>`;
  return section("Thresholds", `<div class="scroll"><table>${head}<tbody>${rows.join("")}</tbody></table></div>`);
}

function wrongAnswers({ counts, wrongAnswers }: Result): string {
  const kinds = [
    ["lost", counts.lost],
    ["reordered", counts.reordered],
    ["unchanged", counts.unchanged],
    ["resent after a NACK", counts.resentAfterNack],
    ["unreadable", counts.malformed],
    ["streams ended", counts.ended],
    ["first states that did not come", counts.failedSyncs],
    ["changes that failed", counts.failedChanges],
  ] as const;
  const rows = kinds.filter(([, count]) => count > 0).map(([name, count]) => [name, formatNumber(count)]);
  if (rows.length === 0) return section("Wrong answers", "<p>None.</p>");
  const examples = renderList(wrongAnswers.map(({ message }) => message));
  return section("Wrong answers", renderTable({ head: ["", "times"], rows }) + examples);
}

function steps({ search }: Result): string {
  if (search === undefined) return "";
  const rows = search.steps.map(({ value, holds, reason }) => [
    formatNumber(value),
    holds ? "holds" : "does not hold",
    reason,
  ]);
  const best = search.best === null ? "None holds." : `The best: ${formatNumber(search.best)}.`;
  return section("Search", `<p>${best}</p>${renderTable({ head: [search.vary, "", ""], rows }, "words")}`);
}

function metricsTable({ metrics, lowerBounds }: Result) {
  const rows = METRICS.flatMap(({ name, unit, meaning }) => {
    const value = metrics[name];
    return value === undefined
      ? []
      : [[name, `${lowerBounds.includes(name) ? "≥ " : ""}${formatValue(value, unit)}`, meaning]];
  });
  return { head: ["metric", "value", "meaning"], rows };
}

/** What it was run with and on. */
function facts({ plan, machine, startedAt, durationMs, generator, driven }: Result): string {
  const rows = [
    ["started", `${startedAt.slice(0, 19).replace("T", " ")} UTC`],
    ["took", formatValue(durationMs / 1_000, "count").concat(" s")],
    ["machine", `${machine.cpu}, ${machine.cores} cores, ${formatValue(machine.memoryBytes, "bytes")}`],
    ["system", machine.os],
    ["load tester", `fairlead ${machine.fairlead}, Node ${machine.node}`],
    ["generators", `${generator.processes}, busiest ${formatValue(generator.cpuShare, "share")} of a core`],
    [
      "own timers late",
      `p99 ${formatValue(generator.slipP99Ms, "ms")}, at most ${formatValue(generator.slipMaxMs, "ms")}`,
    ],
    ...(driven
      ? [["driver done after", `p50 ${formatValue(driven.p50, "ms")}, p99 ${formatValue(driven.p99, "ms")}`]]
      : []),
  ];
  const planText = escapeText(JSON.stringify(plan, null, 2));
  return (
    section("Machine and run", renderTable({ head: ["", ""], rows }, "words")) +
    section(
      "Plan",
      `<details><summary>As it was run, defaults filled in</summary><pre tabindex="0">${planText}</pre></details>`,
    )
  );
}
