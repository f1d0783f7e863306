import { readdirSync } from "node:fs";
import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weakcb"],
]);

/**
 * The process's own metrics: loop lag, garbage collection pauses, CPU, memory, descriptors.
 *
 * Not the client library's default set: that one walks every open handle on each scrape (tens of thousands of sockets
 * here), and of several collections reported together it counts only the first.
 *
 * @returns the registry, and the function that stops observing.
 */
export function createRuntimeMetrics(): { readonly registry: Registry; readonly close: () => void } {
  const registry = new Registry();
  const closeLoop = observeLoop(registry);
  const closeCollections = observeCollections(registry);
  observeProcess(registry);
  return {
    registry,
    close() {
      closeLoop();
      closeCollections();
    },
  };
}

function observeLoop(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: "nodejs_eventloop_lag_seconds",
    help: "Delay of the event loop since the last scrape, by quantile (0.5, 0.9, 0.99, 1).",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.9, 0.99, 1]) {
        const value = delay.count === 0 ? 0 : delay.percentile(quantile * 100);
        this.set({ quantile: String(quantile) }, value / 1e9);
      }
      delay.reset();
    },
  });
  return () => delay.disable();
}

function observeCollections(registry: Registry): () => void {
  const pauses = new Histogram({
    name: "nodejs_gc_duration_seconds",
    help: "Pauses by garbage collection, by kind.",
    labelNames: ["kind"],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
    registers: [registry],
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as PerformanceEntry & { detail: { kind: number } }).detail;
      pauses.observe({ kind: GC_KINDS.get(kind) ?? "other" }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

function observeProcess(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time spent, in seconds.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory, in bytes.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "nodejs_heap_used_bytes",
    help: "JavaScript heap in use, in bytes.",
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  new Gauge({
    name: "nodejs_external_memory_bytes",
    help: "Memory of buffers outside the JavaScript heap, in bytes.",
    registers,
    collect() {
      this.set(process.memoryUsage().external);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since the epoch.",
    registers,
  }).set(Math.round(Date.now() / 1000 - process.uptime()));
  if (process.platform === "linux") {
    new Gauge({
      name: "process_open_fds",
      help: "Open file descriptors.",
      registers,
      collect() {
        this.set(readdirSync("/proc/self/fd").length);
      },
    });
  }
}
