import { type Fault, formatFault } from "../validation/fault.ts";
import { sourceChannel } from "./channels.ts";
import type { FaultyGroup } from "./source.ts";

/** Remembers what is wrong with a source and its groups, and publishes each fault and recovery once. */
export interface FaultTracker {
  /** What is wrong with the source as a whole now; empty: nothing. */
  reportAll(faults: readonly Fault[]): void;
  /** What is wrong with a group now; empty: nothing. `isServed`: whether a last good state is served meanwhile. */
  reportGroup(group: string, faults: readonly Fault[], isServed: boolean): void;
  faults(): readonly Fault[];
  /** Since when something is wrong with the source as a whole, ms since the epoch; `undefined`: nothing is. */
  sinceMs(): number | undefined;
  faultyGroups(): ReadonlyMap<string, FaultyGroup>;
}

/** A tracker for the source of that name. */
export function trackFaults(source: string): FaultTracker {
  const groups = new Map<string, FaultyGroup>();
  let all: FaultyGroup | undefined;

  const report = (group: string | undefined, before: FaultyGroup | undefined, faults: readonly Fault[]) => {
    if (faults.length > 0) {
      if (before && isSame(before.faults, faults)) return;
      sourceChannel("fairlead:source:faulty").publish({ source, group, faults });
    } else if (before) {
      const faultyMs = Date.now() - before.sinceMs;
      sourceChannel("fairlead:source:recovered").publish({ source, group, faultyMs });
    }
  };

  return {
    reportAll(faults) {
      const before = all;
      all = faults.length > 0 ? { faults, sinceMs: before?.sinceMs ?? Date.now(), isServed: true } : undefined;
      report(undefined, before, faults);
    },
    reportGroup(group, faults, isServed) {
      const before = groups.get(group);
      if (faults.length > 0) groups.set(group, { faults, sinceMs: before?.sinceMs ?? Date.now(), isServed });
      else groups.delete(group);
      report(group, before, faults);
    },
    faults: () => all?.faults ?? [],
    sinceMs: () => all?.sinceMs,
    faultyGroups: () => groups,
  };
}

function isSame(a: readonly Fault[], b: readonly Fault[]): boolean {
  return a.length === b.length && a.every((fault, index) => formatFault(fault) === formatFault(b[index]!));
}
