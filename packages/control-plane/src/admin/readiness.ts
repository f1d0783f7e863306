import type { SourceStatus } from "../sources/source.ts";
import type { Fault } from "../validation/fault.ts";
import { formatFault } from "../validation/fault.ts";
import type { ReadinessDocument } from "./schemas/health.ts";

/** The most broken groups told of. */
const MAX_GROUPS = 100;

/**
 * Whether proxies should be sent here: every source has loaded once, and the end has not begun. A broken group is
 * told of, but does not count: its last good state is served.
 */
export function readinessOf(sources: readonly SourceStatus[], isDraining: boolean): ReadinessDocument {
  const waiting = sources.filter(({ isLoaded }) => !isLoaded).map(({ name }) => `source ${name} has not loaded yet`);
  const reasons = isDraining ? ["shutting down", ...waiting] : waiting;
  return {
    ready: reasons.length === 0,
    draining: isDraining,
    reasons,
    sources: sources.map(({ name, isLoaded, faults }) => ({
      source: name,
      loaded: isLoaded,
      ...(faults.length > 0 && { error: faults.map(formatFault).join("; ") }),
    })),
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

/** What is wrong with a group's newest input, over all sources. */
export function faultsOfGroup(sources: readonly SourceStatus[], group: string): readonly Fault[] {
  return sources.flatMap(({ faultyGroups }) => faultyGroups.get(group)?.faults ?? []);
}
