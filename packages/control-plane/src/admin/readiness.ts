import type { WorkerStatus } from "@fairlead/xds";
import type { SourceStatus } from "../sources/source.ts";
import type { StoreStatus } from "../store/store.ts";
import type { Fault } from "../validation/fault.ts";
import { formatFault } from "../validation/fault.ts";
import type { ReadinessDocument } from "./schemas/health.ts";

/** The most broken groups told of. */
const MAX_GROUPS = 100;

/** The store, as readiness tells of it. */
export interface StoreStanding {
  readonly status: StoreStatus;
  /** The newest revision known here. */
  readonly revision: number;
}

/**
 * Whether proxies should be sent here: every source has loaded once, some thread listens, and the end has not begun. A
 * broken group is told of, but does not count: its last good state is served; nor does one worker thread of several,
 * nor a store that cannot be reached: its last known state is served.
 */
export function readinessOf(
  sources: readonly SourceStatus[],
  isDraining: boolean,
  workers: readonly WorkerStatus[] = [],
  store?: StoreStanding,
): ReadinessDocument {
  const waiting = sources.filter(({ isLoaded }) => !isLoaded).map(({ name }) => `source ${name} has not loaded yet`);
  const isDeaf = workers.length > 0 && !workers.some(({ isListening }) => isListening);
  const deaf = isDeaf ? ["every worker thread has ended; each is about to be replaced"] : [];
  const reasons = [...(isDraining ? ["shutting down"] : []), ...waiting, ...deaf];
  return {
    ready: reasons.length === 0,
    draining: isDraining,
    reasons,
    sources: sources.map(({ name, isLoaded, faults, faultySinceMs }) => ({
      source: name,
      loaded: isLoaded,
      ...(faults.length > 0 && { error: faults.map(formatFault).join("; ") }),
      ...(faultySinceMs !== undefined && { since: new Date(faultySinceMs).toISOString() }),
    })),
    ...(store && { store: storeDocument(store) }),
    ...(workers.length > 0 && { workers: workers.map(workerDocument) }),
    brokenGroups: sources
      .flatMap(({ faultyGroups }) => [...faultyGroups])
      .slice(0, MAX_GROUPS)
      .map(([group, { faults, sinceMs, isServed }]) => ({
        group,
        error: faults[0] ? formatFault(faults[0]) : "unknown",
        faults: faults.length,
        since: new Date(sinceMs).toISOString(),
        isServed,
      })),
  };
}

function storeDocument({ status, revision }: StoreStanding) {
  const { name, isDurable, isShared, waiting, isReachable, trouble, troubledSinceMs } = status;
  return {
    name,
    durable: isDurable,
    shared: isShared,
    reachable: isReachable,
    revision,
    waiting,
    ...(trouble !== undefined && { error: trouble }),
    ...(troubledSinceMs !== undefined && { since: new Date(troubledSinceMs).toISOString() }),
  };
}

function workerDocument({ worker, isListening, restarts, lastEnd }: WorkerStatus) {
  return { worker, listening: isListening, restarts, ...(lastEnd !== undefined && { lastEnd }) };
}

/** What is wrong with a group's newest input, over all sources. */
export function faultsOfGroup(sources: readonly SourceStatus[], group: string): readonly Fault[] {
  return sources.flatMap(({ faultyGroups }) => faultyGroups.get(group)?.faults ?? []);
}
