/** Of a metric: `ms`, `µs`, `bytes`, `bytes/h`, `1/s`, a `share` (1 is all, or one core), or a plain `count`. */
export type Unit = "ms" | "µs" | "bytes" | "bytes/h" | "1/s" | "share" | "count";

/** A number of a result that thresholds and `compare` know by name. */
export interface Metric {
  readonly name: string;
  readonly unit: Unit;
  /** Which way is better. */
  readonly better: "lower" | "higher";
  /** For the reference; a sentence without a full stop. */
  readonly meaning: string;
}

/** All of them, in the order in which they are listed. */
export const METRICS: readonly Metric[] = [
  { name: "p50", unit: "ms", better: "lower", meaning: "Change → received, median over all streams and changes" },
  { name: "p90", unit: "ms", better: "lower", meaning: "Change → received, 90th percentile" },
  { name: "p99", unit: "ms", better: "lower", meaning: "Change → received, 99th percentile" },
  { name: "p999", unit: "ms", better: "lower", meaning: "Change → received, 99.9th percentile" },
  { name: "max", unit: "ms", better: "lower", meaning: "Change → received, the longest" },
  { name: "acked_p50", unit: "ms", better: "lower", meaning: "Change → ACK sent, median" },
  { name: "acked_p99", unit: "ms", better: "lower", meaning: "Change → ACK sent, 99th percentile" },
  { name: "driver_p99", unit: "ms", better: "lower", meaning: "Change → the driver is done with it, 99th percentile" },
  {
    name: "fleet_p50_p50",
    unit: "ms",
    better: "lower",
    meaning: "Change → half of the streams have it, median of the changes",
  },
  {
    name: "fleet_p99_p50",
    unit: "ms",
    better: "lower",
    meaning: "Change → 99 % of the streams have it, median of the changes",
  },
  {
    name: "fleet_p99_p99",
    unit: "ms",
    better: "lower",
    meaning: "Change → 99 % of the streams have it, 99th percentile of the changes",
  },
  {
    name: "fleet_p100_p50",
    unit: "ms",
    better: "lower",
    meaning: "Change → all streams have it, median of the changes",
  },
  { name: "fleet_p100_max", unit: "ms", better: "lower", meaning: "Change → all streams have it, the slowest change" },
  { name: "sync_p50", unit: "ms", better: "lower", meaning: "Attempt to connect → first whole state, median" },
  { name: "sync_p99", unit: "ms", better: "lower", meaning: "Attempt to connect → first whole state, 99th percentile" },
  { name: "sync_max", unit: "ms", better: "lower", meaning: "Attempt to connect → first whole state, the longest" },
  { name: "sync_all", unit: "ms", better: "lower", meaning: "Begin of the connect storm → all streams are synced" },
  { name: "sync_failed", unit: "count", better: "lower", meaning: "Streams that did not get their first state" },
  { name: "sync_cpu_us", unit: "µs", better: "lower", meaning: "CPU of the server per stream of the connect storm" },
  {
    name: "resync_p99",
    unit: "ms",
    better: "lower",
    meaning: "Connection is cut → whole state again, 99th percentile",
  },
  {
    name: "resync_all",
    unit: "ms",
    better: "lower",
    meaning: "Connections are cut → all are synced again, the slowest round",
  },
  { name: "pushes_per_second", unit: "1/s", better: "higher", meaning: "Responses that streams received" },
  { name: "changes_per_second", unit: "1/s", better: "higher", meaning: "Changes that were made" },
  { name: "bytes_per_push", unit: "bytes", better: "lower", meaning: "Bytes received per push, framing included" },
  {
    name: "lost",
    unit: "count",
    better: "lower",
    meaning: "Streams that lacked a change in the end, summed over the changes",
  },
  {
    name: "reordered",
    unit: "count",
    better: "lower",
    meaning: "Resources that came in an older state than the stream held",
  },
  {
    name: "unchanged",
    unit: "count",
    better: "lower",
    meaning: "Responses that brought nothing new and answered nothing",
  },
  {
    name: "resent_after_nack",
    unit: "count",
    better: "lower",
    meaning: "Responses with just what the stream had rejected",
  },
  { name: "malformed", unit: "count", better: "lower", meaning: "Responses that could not be read or did not belong" },
  {
    name: "ended",
    unit: "count",
    better: "lower",
    meaning: "Streams that ended though the load tester did not end them",
  },
  { name: "failed_changes", unit: "count", better: "lower", meaning: "Changes that the driver could not make" },
  { name: "cpu_us_per_push", unit: "µs", better: "lower", meaning: "CPU of the server per push and its ACK" },
  { name: "cpu_share", unit: "share", better: "lower", meaning: "CPU of the server, of one core" },
  { name: "rss_idle", unit: "bytes", better: "lower", meaning: "Memory of the server before the streams came" },
  { name: "rss_end", unit: "bytes", better: "lower", meaning: "Memory of the server at the end of the measured part" },
  { name: "rss_max", unit: "bytes", better: "lower", meaning: "Memory of the server at most" },
  {
    name: "rss_per_stream",
    unit: "bytes",
    better: "lower",
    meaning: "Memory that a stream takes: (rss_end − rss_idle) ÷ open streams",
  },
  {
    name: "rss_slope",
    unit: "bytes/h",
    better: "lower",
    meaning: "Growth of the server's memory over the measured part",
  },
  {
    name: "generator_cpu",
    unit: "share",
    better: "lower",
    meaning: "CPU of the busiest generator process, of one core",
  },
  {
    name: "slip_p99",
    unit: "ms",
    better: "lower",
    meaning: "How late the load tester's own timers fired, 99th percentile",
  },
  {
    name: "search_best",
    unit: "count",
    better: "higher",
    meaning: "The most streams, or changes a second, with which the thresholds held",
  },
];

const METRIC_BY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [metric.name, metric]));

/** `undefined` for a name that is none. */
export function findMetric(name: string): Metric | undefined {
  return METRIC_BY_NAME.get(name);
}
