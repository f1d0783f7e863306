import { findMetric, type Metric } from "../../src/results/metrics.ts";

/** What a page needs to know of a metric. */
export type RowMetric = Pick<Metric, "unit" | "better">;

/** Metrics of the comparison alone: a server of ours or of Node tells them, no load tester could. */
const OWN: Readonly<Record<string, RowMetric>> = {
  gc_pause_p99: { unit: "ms", better: "lower" },
  gc_pause_max: { unit: "ms", better: "lower" },
  gc_share: { unit: "share", better: "lower" },
};

/** @throws Error where neither a run nor the comparison has such a metric */
export function findRowMetric(name: string): RowMetric {
  const found = OWN[name] ?? findMetric(name);
  if (!found) throw new Error(`rows.ts: there is no metric ${name}`);
  return found;
}

/** A load tester that is late adds to it. */
export function isTimedByBench(name: string): boolean {
  return OWN[name] === undefined && findRowMetric(name).unit === "ms";
}
