import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Result } from "../../src/results/result.ts";

/** What the measured part of a run has of the pauses that `record-pauses.ts` noted, of all threads: see `row-metrics.ts`. */
export function pauseMetrics(file: string, { startedAt, measured }: Result): Readonly<Record<string, number>> {
  const fromMs = Date.parse(startedAt) + measured.fromMs;
  const untilMs = fromMs + measured.durationMs;
  const durations = readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file)))
    .flatMap((name) => JSON.parse(readFileSync(join(dirname(file), name), "utf8")) as [number, number][])
    .filter(([atMs]) => atMs >= fromMs && atMs < untilMs)
    .map(([, durationMs]) => durationMs)
    .sort((a, b) => a - b);
  if (durations.length === 0) return {};
  const sum = durations.reduce((total, one) => total + one, 0);
  return {
    gc_pause_p99: durations[Math.ceil(durations.length * 0.99) - 1]!,
    gc_pause_max: durations.at(-1)!,
    gc_share: sum / measured.durationMs,
  };
}
