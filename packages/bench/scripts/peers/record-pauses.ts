// Loaded into a server of Node by NODE_OPTIONS: notes every pause of garbage collection, and writes them to a file at its end.
import { writeFileSync } from "node:fs";
import { PerformanceObserver, performance } from "node:perf_hooks";
import { isMainThread, threadId } from "node:worker_threads";

/** Pauses that are kept, about an hour of a busy server. */
const MAX_PAUSES = 1_000_000;

const path = process.env.FAIRLEAD_BENCH_PAUSES;
if (path !== undefined) {
  const pauses: [atMs: number, durationMs: number][] = [];
  const note = (entries: ReturnType<PerformanceObserver["takeRecords"]>) => {
    for (const { startTime, duration } of entries)
      if (pauses.length < MAX_PAUSES) pauses.push([performance.timeOrigin + startTime, duration]);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  process.once("exit", () => {
    note(observer.takeRecords());
    writeFileSync(isMainThread ? path : `${path}.${threadId}`, JSON.stringify(pauses));
  });
}
