import { diffMaps, emptyMap } from "@fairlead/xds";
import { isSameResource } from "./apply.ts";
import type { Entry, GroupState, ResourceKey } from "./store.ts";

/** One resource that two states of a group do not hold alike. */
export interface Difference extends ResourceKey {
  readonly kind: DifferenceKind;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What became of a resource. */
export type DifferenceKind = "added" | "changed" | "removed";

/** What differs for proxies between two states of a group. Costs what differs where they share history. */
export function compareGroups(from: GroupState | undefined, to: GroupState | undefined): Difference[] {
  const differences: Difference[] = [];
  for (const typeUrl of new Set([...(from?.types.keys() ?? []), ...(to?.types.keys() ?? [])])) {
    const old = from?.types.get(typeUrl) ?? emptyMap<Entry>();
    diffMaps(old, to?.types.get(typeUrl) ?? emptyMap<Entry>(), (name, before, after) => {
      if (before && after && isSameResource(before.resource, after.resource)) return;
      differences.push({ typeUrl, name, kind: kindOf(before, after), before, after });
    });
  }
  return differences;
}

/** The first so many by type, then name, without sorting all of them: a group may come with 100,000 at once. */
export function firstDifferences(differences: readonly Difference[], count: number): Difference[] {
  const first: Difference[] = [];
  for (const difference of differences) {
    const last = first.at(-1);
    if (first.length === count && (!last || compareKeys(difference, last) >= 0)) continue;
    const at = first.findLastIndex((other) => compareKeys(other, difference) < 0) + 1;
    first.splice(at, 0, difference);
    if (first.length > count) first.pop();
  }
  return first;
}

/** How many there are of each kind. */
export function countKinds(differences: readonly Pick<Difference, "kind">[]): Record<DifferenceKind, number> {
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const { kind } of differences) counts[kind]++;
  return counts;
}

function kindOf(before: Entry | undefined, after: Entry | undefined): DifferenceKind {
  if (!before) return "added";
  return after ? "changed" : "removed";
}

function compareKeys(a: ResourceKey, b: ResourceKey): number {
  return compareText(a.typeUrl, b.typeUrl) || compareText(a.name, b.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
