import { diffMaps, emptyMap, type Resource } from "@fairlead/xds";
import type { Entry, GroupDelta, GroupState, ResourceKey, StoreState } from "./store.ts";

/** What leads from one state to another, by group. Costs what differs where the states share history. */
export function diffStates(from: StoreState, to: StoreState): Map<string, GroupDelta> {
  const deltas = new Map<string, GroupDelta>();
  diffMaps(from.groups, to.groups, (group, before, now) => {
    const delta = now ? diffGroups(before, now) : DELETED;
    if (!before || delta.kind === "deleted" || !isEmpty(delta)) deltas.set(group, delta);
  });
  return deltas;
}

const DELETED: GroupDelta = { kind: "deleted" };

/** What leads from one state of a group to another. */
export function diffGroups(before: GroupState | undefined, now: GroupState): ChangedDelta {
  const upsert: Resource[] = [];
  const remove: ResourceKey[] = [];
  const labels = new Map<string, string | undefined>();
  for (const typeUrl of new Set([...(before?.types.keys() ?? []), ...now.types.keys()])) {
    diffMaps(
      before?.types.get(typeUrl) ?? emptyMap<Entry>(),
      now.types.get(typeUrl) ?? emptyMap<Entry>(),
      (name, old, entry) => {
        if (!entry) remove.push({ typeUrl, name });
        else if (entry.resource !== old?.resource) upsert.push(entry.resource);
      },
    );
  }
  for (const typeUrl of new Set([...(before?.labels.keys() ?? []), ...now.labels.keys()])) {
    const label = now.labels.get(typeUrl);
    if (label !== before?.labels.get(typeUrl)) labels.set(typeUrl, label);
  }
  return { kind: "changed", upsert, remove, labels };
}

type ChangedDelta = Extract<GroupDelta, { kind: "changed" }>;

function isEmpty({ upsert, remove, labels }: ChangedDelta): boolean {
  return upsert.length === 0 && remove.length === 0 && labels.size === 0;
}
