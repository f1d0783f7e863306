import { styleText } from "node:util";
import { findMetric } from "../results/metrics.ts";
import type { Distribution, Result } from "../results/result.ts";
import { formatNumber, formatValue } from "../results/units.ts";

/** What `fairlead bench run` prints at the end: figures, thresholds, verdict and why, and where the files are. */
export function summarize(
  result: Result,
  files: readonly string[],
  stream: NodeJS.WriteStream = process.stdout,
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    styleText(style, text, { stream, validateStream: true });
  const { kind, reasons, notes } = result.verdict;
  const thresholds = result.thresholds.map(({ text, actual, holds }, index) => {
    const unit = findMetric(result.plan.thresholds[index]?.metric ?? "")?.unit ?? "count";
    return `  ${holds ? paint("green", "✓") : paint("red", "✗")} ${text}: ${actual === null ? "no such figure" : formatValue(actual, unit)}`;
  });
  return [
    paint("bold", result.name),
    ...align(rowsOf(result)),
    ...thresholds,
    paint(kind === "passed" ? "green" : "red", paint("bold", kind.toUpperCase())),
    ...reasons.map((reason) => `  ${reason}`),
    ...notes.map((note) => paint("dim", `  ${note}`)),
    ...files.map((file) => `written: ${file}`),
    "",
  ].join("\n");
}

type Row = readonly [name: string, text: string];

function rowsOf(result: Result): readonly Row[] {
  const { measured, metrics, generator, received, acked, firstSync, resync, fleet, search } = result;
  const seconds = measured.durationMs / 1_000;
  const rows: (Row | undefined)[] = [
    search && ["search", `${formatNumber(search.steps.length)} steps, best ${search.vary}: ${search.best ?? "none"}`],
    firstSync && ["first sync", describe(firstSync)],
    resync && ["resync", describe(resync)],
    received && ["received", describe(received)],
    acked && ["acked", describe(acked)],
    fleet && ["whole fleet", describe(fleet.p100)],
    [
      "pushes",
      `${formatNumber(measured.pushes)} in ${formatNumber(seconds)} s` +
        ["pushes_per_second", "bytes_per_second"].map((name) => tellMetric(metrics, name)).join(""),
    ],
    ["changes", describeChanges(result)],
    ["server", describeServer(result)],
    [
      "generator",
      `${generator.processes} process${generator.processes === 1 ? "" : "es"}, CPU ${formatValue(generator.cpuShare, "share")}, ` +
        `late by ${formatValue(generator.slipP99Ms, "ms")} (p99)`,
    ],
    ["wrong", describeWrong(result)],
  ];
  return rows.filter((row) => row !== undefined);
}

/** As in the report and in a comparison: no second way to count it. */
function tellMetric(metrics: Result["metrics"], name: string): string {
  const value = metrics[name];
  return value === undefined ? "" : `, ${formatValue(value, findMetric(name)?.unit ?? "count")}`;
}

function describe({ p50, p90, p99, p999, max }: Distribution): string {
  const ms = (value: number) => formatValue(value, "ms");
  return `p50 ${ms(p50)}  p90 ${ms(p90)}  p99 ${ms(p99)}  p99.9 ${ms(p999)}  max ${ms(max)}`;
}

function describeChanges({ counts }: Result): string {
  const failed = counts.failedChanges === 0 ? "" : `, ${formatNumber(counts.failedChanges)} could not be made`;
  return `${formatNumber(counts.changes)}${failed}`;
}

function describeServer({ server, measured }: Result): string {
  if (!server) return "not observed (--pid or --prometheus)";
  const share = measured.durationMs > 0 ? `CPU ${formatValue(server.cpuMs / measured.durationMs, "share")}, ` : "";
  const perPush = server.cpuUsPerPush === null ? "" : `${formatValue(server.cpuUsPerPush, "µs")} per push, `;
  const perStream =
    server.rssPerStreamBytes === null ? "" : ` (${formatValue(server.rssPerStreamBytes, "bytes")} per stream)`;
  return `${share}${perPush}RSS ${formatValue(server.rssEndBytes, "bytes")}${perStream}`;
}

function describeWrong({ counts }: Result): string {
  const kinds: readonly Row[] = [
    ["lost", formatNumber(counts.lost)],
    ["reordered", formatNumber(counts.reordered)],
    ["unchanged", formatNumber(counts.unchanged)],
    ["resent after NACK", formatNumber(counts.resentAfterNack)],
    ["malformed", formatNumber(counts.malformed)],
  ];
  const some = kinds.filter(([, count]) => count !== "0").map(([name, count]) => `${count} ${name}`);
  return some.length === 0 ? "nothing" : some.join(", ");
}

function align(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}
