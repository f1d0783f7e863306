import type { WorkerStatus } from "@fairlead/xds";
import type { SourceStatus } from "../sources/source.ts";
import type { Fault } from "../validation/fault.ts";
import { formatFault } from "../validation/fault.ts";
import type { ReadinessDocument } from "./schemas/health.ts";

/** The most broken groups told of. */
const MAX_GROUPS = 100;

/**
 * Whether proxies should be sent here: every source has loaded once, some thread listens, and the end has not begun. A
 * broken group is told of, but does not count: its last good state is served; nor does one worker thread of several.
 */
export function readinessOf(
  sources: readonly SourceStatus[],
  isDraining: boolean,
  workers: readonly WorkerStatus[] = [],
): ReadinessDocument {
  const waiting = sources.filter(({ isLoaded }) => !isLoaded).map(({ name }) => `source ${name} has not loaded yet`);
  const isDeaf = workers.length > 0 && !workers.some(({ isListening }) => isListening);
  const deaf = isDeaf ? ["every worker thread has ended; each is about to be replaced"] : [];
  const reasons = [...(isDraining ? ["shutting down"] : []), ...waiting, ...deaf];
  return {
    ready: reasons.length === 0,
    draining: isDraining,
    reasons,
    sources: sources.map(({ name, isLoaded, faults }) => ({
      source: name,
      loaded: isLoaded,
      ...(faults.length > 0 && { error: faults.map(formatFault).join("; ") }),
    })),
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

function workerDocument({ worker, isListening, restarts, lastEnd }: WorkerStatus) {
  return { worker, listening: isListening, restarts, ...(lastEnd !== undefined && { lastEnd }) };
}

/** What is wrong with a group's newest input, over all sources. */
export function faultsOfGroup(sources: readonly SourceStatus[], group: string): readonly Fault[] {
  return sources.flatMap(({ faultyGroups }) => faultyGroups.get(group)?.faults ?? []);
}
