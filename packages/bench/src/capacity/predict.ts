import type { Costs } from "./costs.ts";
import { hasManyStreams, isOfPushes, type Measurement } from "./measurement.ts";

const KB = 1_000;

/** CPU of a push of so many bytes and its ACK, without the change's own, µs. */
export function pushUsOf({ cpu }: Costs, bytes: number): number {
  return cpu.pushUs + (cpu.perKbUs * bytes) / KB;
}

/** Memory of a replica: each core has a process's. */
export function memoryBytesOf({ memory }: Costs, streams: number, cores: number): number {
  return cores * (memory.idleBytes + memory.workingBytes) + memory.streamBytes * streams;
}

/** What the costs say of a measurement, by metric, beside what it is; those alone that it has. */
export function predict(costs: Costs, measurement: Measurement): readonly Prediction[] {
  const { streams, metrics, scenario } = measurement;
  const { fanOut, cpu } = costs;
  const expected: Record<string, number | undefined> = {};
  if (isOfPushes(measurement)) {
    expected.cpu_us_per_push = pushUsOf(costs, metrics.bytes_per_push!) + cpu.changeUs / streams;
  }
  if (hasManyStreams(measurement)) {
    expected.rss_max = memoryBytesOf(costs, streams, 1);
    expected.sync_cpu_us = costs.connectUs;
    if (scenario === "fanout" && fanOut) expected.fleet_p100_p50 = fanOut.fixedMs + fanOut.streamMs * streams;
  }
  return Object.entries(expected).flatMap(([metric, predicted]) => {
    const measured = metrics[metric];
    if (predicted === undefined || measured === undefined || measured <= 0) return [];
    return [{ metric, predicted, measured, error: predicted / measured - 1 }];
  });
}

/** A figure that was to be expected, and the one that was found. */
export interface Prediction {
  readonly metric: string;
  readonly predicted: number;
  readonly measured: number;
  /** Predicted ÷ measured − 1: 0.1 is a tenth too much. */
  readonly error: number;
}
