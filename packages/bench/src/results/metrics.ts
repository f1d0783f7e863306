import type { Result, Storm } from "./result.ts";

/** What metrics are made of: a result without what depends on them. */
export type Figures = Omit<Result, "metrics" | "thresholds" | "verdict" | "lowerBounds">;

/** Of a metric: `ms`, `µs`, `bytes`, `bytes/h`, `bytes/s`, `1/s`, a `share` (1 is all, or one core), or a plain `count`. */
export type Unit = "ms" | "µs" | "bytes" | "bytes/h" | "bytes/s" | "1/s" | "share" | "count";

/** A number of a result that thresholds and `compare` know by name. */
export interface Metric {
  readonly name: string;
  readonly unit: Unit;
  /** Which way is better. */
  readonly better: "lower" | "higher";
  /** For the reference; a sentence without a full stop. */
  readonly meaning: string;
  /** `null` or `undefined`: this run has no such figure. */
  readonly of: (figures: Figures) => number | null | undefined;
}

const perSecond = (count: number, { measured }: Figures) =>
  measured.durationMs <= 0 ? null : (count * 1_000) / measured.durationMs;

/** All of them, in the order in which they are listed. Names stay: a threshold that was written once keeps its meaning. */
export const METRICS: readonly Metric[] = [
  lower("p50", "ms", "Change → received, median over all streams and changes", (f) => f.received?.p50),
  lower("p90", "ms", "Change → received, 90th percentile", (f) => f.received?.p90),
  lower("p99", "ms", "Change → received, 99th percentile", (f) => f.received?.p99),
  lower("p999", "ms", "Change → received, 99.9th percentile", (f) => f.received?.p999),
  lower("max", "ms", "Change → received, the longest", (f) => f.received?.max),
  lower("mean", "ms", "Change → received, mean", (f) => f.received?.mean),
  lower("acked_p50", "ms", "Change → ACK sent, median", (f) => f.acked?.p50),
  lower("acked_p99", "ms", "Change → ACK sent, 99th percentile", (f) => f.acked?.p99),
  lower("acked_max", "ms", "Change → ACK sent, the longest", (f) => f.acked?.max),
  lower("driver_p99", "ms", "Change → the driver is done with it, 99th percentile", (f) => f.driven?.p99),
  lower("fleet_p50_p50", "ms", "Change → half of the streams have it, median of the changes", (f) => f.fleet?.p50.p50),
  lower("fleet_p99_p50", "ms", "Change → 99 % of the streams have it, median of the changes", (f) => f.fleet?.p99.p50),
  lower(
    "fleet_p99_p99",
    "ms",
    "Change → 99 % of the streams have it, 99th percentile of the changes",
    (f) => f.fleet?.p99.p99,
  ),
  lower("fleet_p100_p50", "ms", "Change → all streams have it, median of the changes", (f) => f.fleet?.p100.p50),
  lower("fleet_p100_max", "ms", "Change → all streams have it, the slowest change", (f) => f.fleet?.p100.max),
  lower("sync_p50", "ms", "Attempt to connect → first whole state, median", (f) => f.firstSync?.p50),
  lower("sync_p99", "ms", "Attempt to connect → first whole state, 99th percentile", (f) => f.firstSync?.p99),
  lower("sync_max", "ms", "Attempt to connect → first whole state, the longest", (f) => f.firstSync?.max),
  lower("sync_all", "ms", "Begin of the connect storm → all streams are synced", (f) => slowestStorm(f, "connect")),
  lower("sync_failed", "count", "Streams that did not get their first state", (f) => f.counts.failedSyncs),
  lower("sync_cpu_us", "µs", "CPU of the server per stream of the connect storm", cpuPerSync),
  lower("resync_p99", "ms", "Connection is cut → whole state again, 99th percentile", (f) => f.resync?.p99),
  lower("resync_all", "ms", "Connections are cut → all are synced again, the slowest round", (f) =>
    slowestStorm(f, "reconnect"),
  ),
  lower(
    "resubscribed_p99",
    "ms",
    "A name is asked for again → its answer, 99th percentile (subscription churn)",
    (f) => f.resubscribed?.p99,
  ),
  higher("pushes_per_second", "1/s", "Responses that streams received", (f) => perSecond(f.measured.pushes, f)),
  higher("changes_per_second", "1/s", "Changes that were made", (f) => perSecond(f.counts.changes, f)),
  higher("bytes_per_second", "bytes/s", "Bytes received", bytesPerSecond),
  lower("bytes_per_push", "bytes", "Bytes received per push, framing included", (f) =>
    f.counts.pushes > 0 ? f.counts.bytesIn / f.counts.pushes : null,
  ),
  lower("lost", "count", "Streams that lacked a change in the end, summed over the changes", (f) => f.counts.lost),
  lower("reordered", "count", "Resources that came in an older state than the stream held", (f) => f.counts.reordered),
  lower("unchanged", "count", "Responses that brought nothing new and answered nothing", (f) => f.counts.unchanged),
  lower(
    "resent_after_nack",
    "count",
    "Responses with just what the stream had rejected",
    (f) => f.counts.resentAfterNack,
  ),
  lower("malformed", "count", "Responses that could not be read or did not belong", (f) => f.counts.malformed),
  lower("ended", "count", "Streams that ended though the load tester did not end them", (f) => f.counts.ended),
  lower("failed_changes", "count", "Changes that the driver could not make", (f) => f.counts.failedChanges),
  lower("cpu_us_per_push", "µs", "CPU of the server per push and its ACK", (f) => f.server?.cpuUsPerPush),
  lower("cpu_share", "share", "CPU of the server, of one core", (f) => cpuShare(f)),
  lower("rss_idle", "bytes", "Memory of the server before the streams came", (f) => f.server?.rssIdleBytes),
  lower("rss_end", "bytes", "Memory of the server at the end of the measured part", (f) => f.server?.rssEndBytes),
  lower("rss_max", "bytes", "Memory of the server at most", (f) => f.server?.rssMaxBytes),
  lower(
    "rss_per_stream",
    "bytes",
    "Memory that a stream takes: (rss_end − rss_idle) ÷ open streams",
    (f) => f.server?.rssPerStreamBytes,
  ),
  lower(
    "rss_slope",
    "bytes/h",
    "Growth of the server's memory over the measured part, where that is a minute or more",
    (f) => f.server?.rssSlopeBytesPerHour,
  ),
  lower("generator_cpu", "share", "CPU of the busiest generator process, of one core", (f) => f.generator.cpuShare),
  lower("slip_p99", "ms", "How late the load tester's own timers fired, 99th percentile", (f) => f.generator.slipP99Ms),
  higher(
    "search_best",
    "count",
    "The most streams, or changes a second, with which the thresholds held",
    (f) => f.search?.best,
  ),
];

const METRIC_BY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [metric.name, metric]));

/** `undefined` for a name that is none. */
export function findMetric(name: string): Metric | undefined {
  return METRIC_BY_NAME.get(name);
}

/** All finite figures, by name. */
export function measureMetrics(figures: Figures): Record<string, number> {
  const values = METRICS.map(({ name, of }) => [name, of(figures)] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

function lower(name: string, unit: Unit, meaning: string, of: Metric["of"]): Metric {
  return { name, unit, better: "lower", meaning, of };
}

function higher(name: string, unit: Unit, meaning: string, of: Metric["of"]): Metric {
  return { name, unit, better: "higher", meaning, of };
}

function bytesPerSecond(figures: Figures): number | null {
  const { counts, measured } = figures;
  if (counts.pushes === 0) return null;
  return perSecond((counts.bytesIn * measured.pushes) / counts.pushes, figures);
}

function slowestStorm({ storms }: Figures, kind: Storm["kind"]): number | null {
  const ends = storms.filter((storm) => storm.kind === kind).map(({ syncedMs }) => syncedMs.at(-1) ?? null);
  return ends.length === 0 || ends.includes(null) ? null : Math.max(...(ends as number[]));
}

function cpuPerSync({ storms }: Figures): number | null {
  const storm = storms.find(({ kind, streams, failed }) => kind === "connect" && streams > failed);
  if (storm === undefined || storm.serverCpuMs === null) return null;
  return (storm.serverCpuMs * 1_000) / (storm.streams - storm.failed);
}

function cpuShare({ server, measured }: Figures): number | null {
  return server === undefined || measured.durationMs <= 0 ? null : server.cpuMs / measured.durationMs;
}
