import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import type { Store } from "../store/store.ts";
import { listenStore } from "./listen.ts";

/** What the metrics need to see of the store, read at each scrape. */
export type MeasuredStore = Pick<Store, "state" | "status">;

/** Counts what becomes of commits; returns the functions that stop it. */
export function measureStore(registry: Registry, store: MeasuredStore): (() => void)[] {
  const registers = [registry];
  const { name } = store.status();
  const commits = new Counter({
    name: "fairlead_store_commits_total",
    help: "Commits that became durable; none in a store in memory.",
    registers,
  });
  const append = new Histogram({
    name: "fairlead_store_append_seconds",
    help: "Time until commits were durable; those that wait at the same time become so together.",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const checkpoints = new Counter({
    name: "fairlead_store_checkpoints_total",
    help: "Whole states kept, so that a start need not make all commits again; by result.",
    labelNames: ["result"],
    registers,
  });
  gauge(registers, "fairlead_store_revision", "The newest revision.", () => store.state().revision);
  gauge(registers, "fairlead_store_waiting_commits", "Commits that wait to be durable.", () => store.status().waiting);
  gauge(registers, "fairlead_store_ok", "1 while commits can be kept.", () => {
    const { isReachable, trouble } = store.status();
    return isReachable && trouble === undefined ? 1 : 0;
  });
  return [
    listenStore("fairlead:store:appended", (message) => {
      if (message.store !== name) return;
      commits.inc(message.commits);
      append.observe(message.tookMs / 1_000);
    }),
    listenStore("fairlead:store:checkpoint", (message) => {
      if (message.store === name) checkpoints.inc({ result: message.error ? "failed" : "kept" });
    }),
  ];
}

function gauge(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}
