import { emptyMap, type PersistentMap, type Resource } from "@fairlead/xds";
import { FairleadError } from "../errors.ts";
import { isGroupName } from "../groups/name.ts";
import { whereOf } from "../validation/fault.ts";
import { applyDocuments } from "./apply-documents.ts";
import { contentDigest, labelKey, MAX_USED_LABELS } from "./labels.ts";
import {
  type Change,
  DERIVED_OWNER,
  type Derive,
  EMPTY_STATE,
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
  /** With the new revision if anything differs; else at the old one, at most with places brought up to date. */
  readonly state: StoreState;
  /** What differs, by group; empty if all resources are as before. */
  readonly groups: ReadonlyMap<string, GroupDelta>;
  /** Keys of the documents that differ. */
  readonly documents: ReadonlySet<string>;
  /** Keys of documents whose changes were for another revision of theirs, and were passed over. */
  readonly passedOver: readonly string[];
}

/**
 * Applies changes in order, all or nothing, then what they entail by `derive`. Pure, so that every store agrees on what a
 * commit means. Costs what the changes hold.
 *
 * @throws FairleadError `name-taken`, `label-conflict`, `label-invalid`, `group-invalid`
 */
export function applyChanges(
  state: StoreState,
  changes: readonly Change[],
  revision: number,
  derive?: Derive,
): Applied {
  const { documents, touched, passedOver } = applyDocuments(state.documents, changes, revision);
  const drafts = new Map<string, Draft>();
  applyToDrafts(state, drafts, changes);
  if (derive) {
    const between = { revision, documents, groups: closeDrafts(state, drafts, revision) };
    applyToDrafts(state, drafts, derive(state, between, { documents: touched, groups: new Set(drafts.keys()) }));
  }
  const deltas = new Map<string, GroupDelta>();
  for (const draft of drafts.values()) {
    const delta = finish(draft);
    if (delta) deltas.set(draft.group, delta);
  }
  const groups = closeDrafts(state, drafts, revision, deltas);
  const isChanged = deltas.size > 0 || touched.size > 0;
  return {
    state: { revision: isChanged ? revision : state.revision, groups, documents },
    groups: deltas,
    documents: touched,
    passedOver,
  };
}

/**
 * The state of a checkpoint, which lacks what is derived, with that derived of all that it holds. Groups keep their revisions;
 * one that only derived resources made is gone if there are none any more.
 */
export function deriveAnew(state: StoreState, derive: Derive | undefined): StoreState {
  const drafts = new Map<string, Draft>();
  const all = { documents: new Set(state.documents.keys()), groups: new Set(state.groups.keys()) };
  if (derive) applyToDrafts(state, drafts, derive(EMPTY_STATE, state, all));
  let groups = closeDrafts(state, drafts, state.revision, new Map());
  for (const { group, owners } of groups.values()) if (owners.size === 0) groups = groups.delete(group);
  return { ...state, groups };
}

function applyToDrafts(state: StoreState, drafts: Map<string, Draft>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === "document") continue;
    const draft = drafts.get(change.group) ?? openDraft(state.groups.get(change.group), change.group);
    drafts.set(change.group, draft);
    if (change.kind === "withdraw") withdraw(draft, change.owner);
    else update(draft, change);
  }
}

/** The groups with what the drafts make of theirs; those without a delta keep their revision. */
function closeDrafts(
  state: StoreState,
  drafts: ReadonlyMap<string, Draft>,
  revision: number,
  deltas?: ReadonlyMap<string, GroupDelta>,
): StoreState["groups"] {
  let { groups } = state;
  for (const draft of drafts.values()) {
    const isKept = deltas !== undefined && !deltas.has(draft.group);
    if (draft.owners.size === 0) groups = groups.delete(draft.group);
    else groups = groups.set(draft.group, closeDraft(draft, isKept ? (draft.before?.revision ?? revision) : revision));
  }
  return groups;
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
    if (old && old.owner !== owner) {
      if (old.owner !== DERIVED_OWNER) throw nameTaken(draft.group, entry, old);
      disown(draft, old);
    }
    const kept = old && isSameResource(old.resource, entry.resource) ? { ...entry, resource: old.resource } : entry;
    draft.types.set(typeUrl, (draft.types.get(typeUrl) ?? emptyMap<Entry>()).set(name, kept));
    const key = { typeUrl, name };
    if (old?.owner !== owner) owned = owned.set(keyOf(key), key);
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

/** What was derived yields to who defines it. */
function disown(draft: Draft, { owner, resource }: Entry): void {
  draft.owners.set(owner, (draft.owners.get(owner) ?? emptyMap<ResourceKey>()).delete(keyOf(resource)));
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
  const isSame = upsert.length === 0 && remove.length === 0 && labels.size === 0;
  // Who defines a group decides when it is gone: so that is part of what a commit changes.
  if (isSame && before && isSameOwners(before.owners, draft.owners)) return undefined;
  return { kind: "changed", upsert, remove, labels };
}

function isSameOwners(before: GroupState["owners"], now: GroupState["owners"]): boolean {
  return before.size === now.size && [...now.keys()].every((owner) => before.has(owner));
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
