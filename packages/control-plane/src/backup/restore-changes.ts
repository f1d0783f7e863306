import { labelKey } from "../store/labels.ts";
import { type Change, DERIVED_OWNER, entryOf, type GroupState, type Owner, type StoreState } from "../store/store.ts";

/** Whether a store holds nothing that a restore would take away. */
export function isEmpty({ groups, documents }: StoreState): boolean {
  return groups.size === 0 && documents.size === 0;
}

/** The changes after which a state holds exactly what another does, whoever defines it: resources, labels, documents. Pure. */
export function restoreChanges(state: StoreState, target: StoreState): readonly Change[] {
  const changes: Change[] = [];
  for (const { group, owners } of state.groups.values()) {
    for (const owner of owners.keys()) if (owner !== DERIVED_OWNER) changes.push({ kind: "withdraw", group, owner });
  }
  for (const group of target.groups.values()) {
    for (const [owner, keys] of group.owners) {
      if (owner === DERIVED_OWNER) continue;
      const upsert = [...keys.values()].map((key) => entryOf(group, key)!);
      changes.push({ kind: "update", group: group.group, owner, upsert, remove: [], labels: labelsOf(group, owner) });
    }
  }
  for (const key of state.documents.keys()) {
    if (!target.documents.has(key)) changes.push({ kind: "document", key, value: undefined });
  }
  for (const { key, value } of target.documents.values()) changes.push({ kind: "document", key, value });
  return changes;
}

/** The labels in use that an owner gave. */
function labelsOf({ labels, usedLabels }: GroupState, owner: Owner): ReadonlyMap<string, string> {
  return new Map([...labels].filter(([typeUrl, label]) => usedLabels.get(labelKey(typeUrl, label))?.owner === owner));
}
