import { emptyMap, type PersistentMap, type Resource } from "@fairlead/xds";
import { FairleadError } from "../errors.ts";
import { isGroupName } from "../groups/name.ts";
import { whereOf } from "../validation/fault.ts";
import { contentDigest, labelKey, MAX_USED_LABELS } from "./labels.ts";
import {
  type Change,
  type Entry,
  entryOf,
  formatPlace,
  type GroupDelta,
  type GroupState,
  keyOf,
  MAX_LABEL_LENGTH,
  type Owner,
  type ResourceKey,
  type StoreState,
  type UsedLabel,
} from "./store.ts";

/** What a set of changes makes of a state. */
export interface Applied {
  /** With the new revision if `groups` has any; else at the old one, at most with places brought up to date. */
  readonly state: StoreState;
  /** What differs, by group; empty if all resources are as before. */
  readonly groups: ReadonlyMap<string, GroupDelta>;
}

/**
 * Applies changes in order, all or nothing. Pure, so that every store agrees on what a commit means.
 * Costs what the changes hold.
 *
 * @throws FairleadError `name-taken`, `label-conflict`, `label-invalid`, `group-invalid`
 */
export function applyChanges(state: StoreState, changes: readonly Change[], revision: number): Applied {
  const drafts = new Map<string, Draft>();
  for (const change of changes) {
    const draft = drafts.get(change.group) ?? openDraft(state.groups.get(change.group), change.group);
    drafts.set(change.group, draft);
    if (change.kind === "withdraw") withdraw(draft, change.owner);
    else update(draft, change);
  }
  let { groups } = state;
  const deltas = new Map<string, GroupDelta>();
  for (const draft of drafts.values()) {
    const delta = finish(draft);
    if (delta) deltas.set(draft.group, delta);
    if (draft.owners.size === 0) groups = groups.delete(draft.group);
    else groups = groups.set(draft.group, closeDraft(draft, delta ? revision : (draft.before?.revision ?? revision)));
  }
  return { state: { revision: deltas.size > 0 ? revision : state.revision, groups }, groups: deltas };
}

/** Whether both are the same to a proxy: versions are digests of all that it is sent. */
export function isSameResource(a: Resource, b: Resource): boolean {
  return a.version === b.version;
}

interface Draft {
  readonly group: string;
  readonly before: GroupState | undefined;
  readonly types: Map<string, PersistentMap<Entry>>;
  readonly owners: Map<Owner, PersistentMap<ResourceKey>>;
  readonly labels: Map<string, string>;
  readonly usedLabels: Map<string, UsedLabel>;
  readonly touched: Map<string, ResourceKey>;
  /** Labels asked for, by type URL; digested when the content is complete. */
  readonly wanted: Map<string, { readonly label: string; readonly owner: Owner }>;
}

function openDraft(before: GroupState | undefined, group: string): Draft {
  if (!isGroupName(group)) {
    throw new FairleadError(
      "group-invalid",
      `${JSON.stringify(group)} cannot name a group: use no slashes, spaces or controls, no dot first, 253 characters at most`,
    );
  }
  return {
    group,
    before,
    types: new Map(before?.types),
    owners: new Map(before?.owners),
    labels: new Map(before?.labels),
    usedLabels: new Map(before?.usedLabels),
    touched: new Map(),
    wanted: new Map(),
  };
}

function closeDraft(draft: Draft, revision: number): GroupState {
  const { group, types, owners, labels, usedLabels } = draft;
  return { group, revision, types, owners, labels, usedLabels };
}

function update(draft: Draft, change: Extract<Change, { kind: "update" }>): void {
  const { owner } = change;
  let owned = draft.owners.get(owner) ?? emptyMap<ResourceKey>();
  for (const key of change.remove) {
    if (!owned.has(keyOf(key))) continue;
    owned = owned.delete(keyOf(key));
    drop(draft, key);
  }
  for (const entry of change.upsert) {
    const { typeUrl, name } = entry.resource;
    const old = draft.types.get(typeUrl)?.get(name);
    if (old && old.owner !== owner) throw nameTaken(draft.group, entry, old);
    const kept = old && isSameResource(old.resource, entry.resource) ? { ...entry, resource: old.resource } : entry;
    draft.types.set(typeUrl, (draft.types.get(typeUrl) ?? emptyMap<Entry>()).set(name, kept));
    const key = { typeUrl, name };
    if (!old) owned = owned.set(keyOf(key), key);
    if (kept.resource !== old?.resource) draft.touched.set(keyOf(key), key);
  }
  draft.owners.set(owner, owned);
  for (const [typeUrl, label] of change.labels ?? []) {
    if (label.length === 0 || label.length > MAX_LABEL_LENGTH || !label.isWellFormed()) {
      throw new FairleadError(
        "label-invalid",
        `the label of ${typeUrl} has ${label.length} characters; it needs 1 to ${MAX_LABEL_LENGTH}`,
      );
    }
    draft.wanted.set(typeUrl, { label, owner });
  }
}

function withdraw(draft: Draft, owner: Owner): void {
  for (const key of draft.owners.get(owner)?.values() ?? []) drop(draft, key);
  draft.owners.delete(owner);
  for (const [key, used] of draft.usedLabels) {
    if (used.owner !== owner) continue;
    draft.usedLabels.delete(key);
    if (draft.labels.get(used.typeUrl) === used.label) draft.labels.delete(used.typeUrl);
  }
  for (const [typeUrl, wanted] of draft.wanted) if (wanted.owner === owner) draft.wanted.delete(typeUrl);
}

function drop(draft: Draft, key: ResourceKey): void {
  const rest = draft.types.get(key.typeUrl)?.delete(key.name);
  if (rest && rest.size > 0) draft.types.set(key.typeUrl, rest);
  else draft.types.delete(key.typeUrl);
  draft.touched.set(keyOf(key), key);
}

function finish(draft: Draft): GroupDelta | undefined {
  const { before } = draft;
  if (draft.owners.size === 0) return before ? { kind: "deleted" } : undefined;
  const upsert: Resource[] = [];
  const remove: ResourceKey[] = [];
  const changedTypes = new Set<string>();
  for (const key of draft.touched.values()) {
    const old = entryOf(before, key)?.resource;
    const now = draft.types.get(key.typeUrl)?.get(key.name)?.resource;
    if (old && now && isSameResource(old, now)) continue; // taken away and given back within one commit
    if (!old && !now) continue;
    changedTypes.add(key.typeUrl);
    if (now) upsert.push(now);
    else remove.push(key);
  }
  // A label stands for one content: when that changes under it, it is gone.
  for (const typeUrl of changedTypes) draft.labels.delete(typeUrl);
  for (const [typeUrl, { label, owner }] of draft.wanted) giveLabel(draft, typeUrl, label, owner);
  const labels = labelDelta(before?.labels ?? new Map(), draft.labels);
  if (before && upsert.length === 0 && remove.length === 0 && labels.size === 0) return undefined;
  return { kind: "changed", upsert, remove, labels };
}

function giveLabel(draft: Draft, typeUrl: string, label: string, owner: Owner): void {
  const digest = contentDigest(draft.types.get(typeUrl));
  const key = labelKey(typeUrl, label);
  const used = draft.usedLabels.get(key);
  if (used && used.digest !== digest) {
    throw new FairleadError(
      "label-conflict",
      `label ${JSON.stringify(label)} of ${typeUrl} in group ${draft.group} already names other content: choose another, or DELETE the group's resources to forget its labels`,
    );
  }
  draft.labels.set(typeUrl, label);
  draft.usedLabels.delete(key); // to the end: the newest is forgotten last
  draft.usedLabels.set(key, used ?? { typeUrl, label, owner, digest });
  if (draft.usedLabels.size <= MAX_USED_LABELS) return;
  for (const [oldest, { typeUrl: type, label: name }] of draft.usedLabels) {
    if (draft.labels.get(type) === name) continue;
    draft.usedLabels.delete(oldest);
    break;
  }
}

function labelDelta(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): Map<string, string | undefined> {
  const delta = new Map<string, string | undefined>();
  for (const typeUrl of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(typeUrl) !== now.get(typeUrl)) delta.set(typeUrl, now.get(typeUrl));
  }
  return delta;
}

function nameTaken(group: string, entry: Entry, old: Entry): FairleadError {
  const { typeUrl, name } = entry.resource;
  return new FairleadError("name-taken", takenMessage(group, entry, old), {
    faults: [
      {
        severity: "error",
        rule: "name.taken",
        message: takenMessage(group, entry, old),
        ...whereOf(entry.place),
        group,
        typeUrl,
        name,
      },
    ],
  });
}

/** Says who else defines what an entry defines. */
export function takenMessage(group: string, entry: Entry, old: Entry): string {
  const { typeUrl, name } = entry.resource;
  const type = typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
  return `${type} ${JSON.stringify(name)} of group ${group} is defined twice: by ${describe(entry)} and by ${describe(old)}; rename or remove one`;
}

function describe({ owner, place }: Entry): string {
  return `${owner} at ${formatPlace(place)}`;
}
