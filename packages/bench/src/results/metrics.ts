/** In what a metric is counted. `share`: 0 to 1. */
export type MetricUnit = "ms" | "µs" | "bytes" | "bytes/h" | "1/s" | "share" | "count";

/** One figure of a result that thresholds and `compare` know. */
export interface Metric {
  readonly unit: MetricUnit;
  /** Which way is an improvement. */
  readonly better: "lower" | "higher";
  readonly about: string;
}

const latency = (about: string): Metric => ({ unit: "ms", better: "lower", about });
const fault = (about: string): Metric => ({ unit: "count", better: "lower", about });
const speed = (about: string): Metric => ({ unit: "1/s", better: "higher", about });
const memory = (about: string): Metric => ({ unit: "bytes", better: "lower", about });

/** Every metric, by the name that thresholds and `metrics` of a result have for it. What was not measured is absent from a result. */
export const METRICS = {
  p50: latency("Change to received by a stream, median."),
  p90: latency("The same, 90th percentile."),
  p99: latency("The same, 99th percentile."),
  p999: latency("The same, 99.9th percentile."),
  max: latency("The same, the longest."),
  mean: latency("The same, on average."),
  acked_p50: latency("Change to ACK sent, median."),
  acked_p99: latency("The same, 99th percentile."),
  acked_max: latency("The same, the longest."),
  sync_p50: latency("Attempt to first whole state of a stream, median."),
  sync_p99: latency("The same, 99th percentile."),
  sync_max: latency("The same, the longest."),
  fleet_p50: latency("Until half of the fleet had a change: median over the changes."),
  fleet_p90: latency("Until 90 % had it."),
  fleet_p99: latency("Until 99 % had it."),
  fleet_p100: latency("Until all had it."),
  lost: fault("Changes that a stream did not get, streams counted one by one."),
  reordered: fault("Resources that came in an older state than the stream held."),
  unchanged: fault("Responses that brought nothing new and answered no request."),
  resent_after_nack: fault("Responses with just the content that the stream had rejected."),
  malformed: fault("Responses that could not be read."),
  ended: fault("Streams that ended though nobody ended them."),
  failed_changes: fault("Changes that the driver could not make."),
  changes_per_second: speed("Changes made."),
  pushes_per_second: speed("Responses with resources received."),
  bytes_per_second: { unit: "1/s", better: "higher", about: "Bytes received." },
  cpu_per_push: { unit: "µs", better: "lower", about: "The server's CPU time per push with its ACK." },
  cpu: { unit: "share", better: "lower", about: "The server's CPU time, as a share of one core." },
  rss: memory("The server's resident memory, at most."),
  rss_per_stream: memory("What the server's resident memory grew by, per stream."),
  rss_slope: {
    unit: "bytes/h",
    better: "lower",
    about: "Growth of the server's resident memory over the measured part.",
  },
} as const satisfies Record<string, Metric>;

/** A name of {@link METRICS}. */
export type MetricName = keyof typeof METRICS;
