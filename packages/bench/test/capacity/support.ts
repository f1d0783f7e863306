import type { DemandFlags } from "../../src/capacity/demand.ts";
import type { Measurement } from "../../src/capacity/measurement.ts";

/** What the measurements of these tests are made with: a server that does just what the model says. */
export const TRUTH = {
  pushUs: 10,
  perKbUs: 0.5,
  changeUs: 400,
  baseBytes: 120e6,
  idleBytes: 80e6,
  streamBytes: 6_000,
  fixedMs: 5,
  streamMs: 0.01,
  connectUs: 150,
} as const;

/** A run at full load. */
export function pushing(name: string, streams: number, bytes: number, more: Partial<Measurement> = {}): Measurement {
  const { pushUs, perKbUs, changeUs } = TRUTH;
  const cpu = pushUs + (perKbUs * bytes) / 1_000 + changeUs / streams;
  return { ...run(name, "saturation", streams, { cpu_us_per_push: cpu, bytes_per_push: bytes }), ...more };
}

/** A run with many streams. */
export function holding(name: string, streams: number, more: Partial<Measurement> = {}): Measurement {
  const { baseBytes, idleBytes, streamBytes, fixedMs, streamMs, connectUs } = TRUTH;
  const metrics = {
    rss_idle: idleBytes,
    rss_max: baseBytes + streamBytes * streams,
    fleet_p100_p50: fixedMs + streamMs * streams,
    sync_cpu_us: connectUs,
  };
  return { ...run(name, "fanout", streams, metrics), ...more };
}

export const MEASUREMENTS = [
  pushing("small", 500, 1_000),
  pushing("large", 500, 100_000),
  pushing("many", 5_000, 10_000),
  holding("8k", 8_000),
  holding("15k", 15_000),
];

export const FLAGS: DemandFlags = { proxies: "1000000", changes: "10/s", size: "10KB" };

function run(name: string, scenario: string, streams: number, metrics: Measurement["metrics"]): Measurement {
  return { name, scenario, protocol: "ads-sotw", streams, resources: 10, isTls: false, metrics };
}
