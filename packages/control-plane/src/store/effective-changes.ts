import { type Applied, isSameResource } from "./apply.ts";
import { isPassedOver } from "./apply-documents.ts";
import {
  type Change,
  type DocumentChange,
  type Entry,
  entryOf,
  type GroupState,
  keyOf,
  type StoreState,
} from "./store.ts";

/**
 * What of a commit's changes must be kept to make it again: without documents that were passed over, groups that stayed as they
 * were, and resources that were there already. Costs what the changes hold.
 */
export function effectiveChanges(before: StoreState, changes: readonly Change[], applied: Applied): readonly Change[] {
  const timesByGroup = new Map<string, number>();
  for (const change of changes) {
    if (change.kind !== "document") timesByGroup.set(change.group, (timesByGroup.get(change.group) ?? 0) + 1);
  }
  return changes.flatMap((change): Change | readonly Change[] => {
    if (change.kind === "document") return effectiveDocument(before, change, applied);
    if (!applied.groups.has(change.group)) return [];
    // What one change takes, another may give back.
    if (change.kind === "withdraw" || timesByGroup.get(change.group) !== 1) return change;
    return { ...change, upsert: effectiveEntries(before.groups.get(change.group), change) };
  });
}

function effectiveDocument(before: StoreState, change: DocumentChange, { documents }: Applied): readonly Change[] {
  const { key, value } = change;
  const hasEffect = documents.has(key) && !isPassedOver(before.documents, change);
  return hasEffect ? [{ kind: "document", key, value }] : [];
}

function effectiveEntries(
  before: GroupState | undefined,
  change: Extract<Change, { kind: "update" }>,
): readonly Entry[] {
  if (!before) return change.upsert;
  const mentioned = new Set(change.remove.map(keyOf));
  return change.upsert.filter((entry) => {
    const key = keyOf(entry.resource);
    const isFirst = !mentioned.has(key);
    mentioned.add(key);
    const old = entryOf(before, entry.resource);
    return !(isFirst && old?.owner === entry.owner && isSameResource(old.resource, entry.resource));
  });
}
