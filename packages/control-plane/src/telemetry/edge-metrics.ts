import type { EdgeCounts, WorkerStatus } from "@fairlead/xds";
import { Counter, Gauge, type Registry } from "@prometheus-io/client";
import { listen } from "./listen.ts";

/** What the edge shows at a scrape, all its threads together. */
export interface MeasuredEdge {
  edge(): EdgeCounts;
  workers(): readonly WorkerStatus[];
}

const GAUGES = [
  ["fairlead_xds_connections", "Connections of proxies.", "connections"],
  ["fairlead_xds_queued_bytes", "Bytes that wait until proxies take them.", "queuedBytes"],
  ["fairlead_xds_partial_bytes", "Bytes held of proxies' messages that are not yet whole.", "partialBytes"],
  ["fairlead_xds_waiting_streams", "New streams that wait to be taken up.", "waitingStreams"],
] as const;

/** Gauges the edge and counts how its worker threads come and go. Returns the functions that stop it. */
export function countEdge(registry: Registry, measured: MeasuredEdge): (() => void)[] {
  const registers = [registry];
  for (const [name, help, what] of GAUGES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(measured.edge()[what]);
      },
    });
  }
  new Gauge({
    name: "fairlead_xds_workers",
    help: "Worker threads that hold connections, by whether they listen (listening) or are about to be replaced (ended).",
    labelNames: ["state"],
    registers,
    collect() {
      const workers = measured.workers();
      const listening = workers.filter(({ isListening }) => isListening).length;
      this.set({ state: "listening" }, listening);
      this.set({ state: "ended" }, workers.length - listening);
    },
  });
  const ends = new Counter({
    name: "fairlead_xds_worker_ends_total",
    help: "Worker threads that ended unasked, and their streams with them; the log says why.",
    registers,
  });
  return [listen("fairlead:xds:worker-ended", () => ends.inc())];
}
