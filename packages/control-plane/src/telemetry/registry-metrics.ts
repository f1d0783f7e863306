import { Counter, Gauge, type Registry } from "@prometheus-io/client";
import type { Instance } from "../registry/instance.ts";
import type { Registry as Instances } from "../registry/registry.ts";
import { listenRegistry } from "./listen.ts";

/** Of the registry, what metrics read at a scrape; `undefined`: there is none. */
export type MeasuredRegistry = Pick<Instances, "services" | "instances" | "massExpiries" | "counts"> | undefined;

/** Gauges the registry, and counts what it did. Returns the functions that stop it. */
export function countRegistry(registers: Registry[], registry: () => MeasuredRegistry): (() => void)[] {
  gaugeInstances(registers, registry);
  countMessages(registers, registry);
  const adoptions = new Counter({
    name: "fairlead_registry_adoptions_total",
    help: "Replicas that were gone, and whose instances another adopted.",
    registers,
  });
  const pauses = new Counter({
    name: "fairlead_registry_away_total",
    help: "Times that this process was away for so long that every instance got a full TTL again.",
    registers,
  });
  const failures = new Counter({
    name: "fairlead_registry_forward_failures_total",
    help: "Times that heartbeats could not be passed on to the replica that owns their instances.",
    registers,
  });
  return [
    listenRegistry("fairlead:registry:adopted", () => adoptions.inc()),
    listenRegistry("fairlead:registry:away", () => pauses.inc()),
    listenRegistry("fairlead:registry:forward-failed", () => failures.inc()),
  ];
}

function gaugeInstances(registers: Registry[], registry: () => MeasuredRegistry): void {
  new Gauge({
    name: "fairlead_registry_instances",
    help: "Registered instances by state: up, draining and down are what they say, unhealthy those without heartbeats.",
    labelNames: ["state"],
    registers,
    collect() {
      const counts = { up: 0, draining: 0, down: 0, unhealthy: 0 };
      const instances = registry();
      for (const service of instances?.services() ?? []) {
        for (const instance of instances!.instances(service)) counts[stateOf(instance)]++;
      }
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "fairlead_registry_services",
    help: "Services with instances or settings.",
    registers,
    collect() {
      this.set([...(registry()?.services() ?? [])].length);
    },
  });
  new Gauge({
    name: "fairlead_registry_mass_expiries",
    help: "Services of which too many instances of this replica fell silent at once: they are kept.",
    registers,
    collect() {
      this.set([...(registry()?.massExpiries() ?? [])].length);
    },
  });
  new Gauge({
    name: "fairlead_registry_queued",
    help: "Instances that wait to be written.",
    registers,
    collect() {
      this.set(registry()?.counts.queued ?? 0);
    },
  });
}

function countMessages(registers: Registry[], registry: () => MeasuredRegistry): void {
  const counter = (name: string, help: string, read: () => Readonly<Record<string, number>> | undefined) =>
    new Counter({
      name,
      help,
      labelNames: ["result"],
      registers,
      collect() {
        this.reset();
        for (const [result, count] of Object.entries(read() ?? {})) this.inc({ result }, count);
      },
    });
  counter(
    "fairlead_registry_heartbeats_total",
    "Heartbeats by result: heard and forwarded (to the replica that owns the instance) count, late, again (twice), dead and unknown were dropped.",
    () => registry()?.counts.heartbeats,
  );
  counter(
    "fairlead_registry_changes_total",
    "Registrations and deregistrations by result: written, same (nothing new, no write), late, invalid, full or unknown.",
    () => registry()?.counts.changes,
  );
  counter("fairlead_registry_commits_total", "Commits of instances by result: made or failed.", () => {
    const counts = registry()?.counts;
    return counts && { made: counts.commits, failed: counts.failedCommits };
  });
  new Counter({
    name: "fairlead_registry_written_total",
    help: "Instances written by all commits: so many share one.",
    registers,
    collect() {
      this.reset();
      this.inc(registry()?.counts.written ?? 0);
    },
  });
}

function stateOf({ isHealthy, status }: Instance): "up" | "draining" | "down" | "unhealthy" {
  if (!isHealthy) return "unhealthy";
  return status === "UP" ? "up" : status === "DRAINING" ? "draining" : "down";
}
