import { canonicalName, TYPE_URLS } from "@fairlead/envoy-api";
import { type NameIndex, NO_INDEX, reindex } from "./name-index.ts";
import { diffMaps, emptyMap, type PersistentMap } from "./persistent-map.ts";
import type { Resource } from "./resource.ts";
import { isSameError, type ResourceError } from "./resource-error.ts";
import type { Snapshot, TypeSnapshot } from "./snapshot.ts";

/** Changes of one group's content. */
export interface GroupChanges {
  /** Resources that are new or take the place of their namesake. */
  readonly upsert: readonly Resource[];
  readonly remove: readonly { readonly typeUrl: string; readonly name: string }[];
  /**
   * Names that there is no resource of, and why: those who ask for one by its name are told (protocol.md O5). A resource of
   * that name is removed. The error is there until the name is upserted or removed.
   */
  readonly errors?: readonly ResourceError[] | undefined;
  /** The user's versions by type URL; a type that changes and is not listed loses its label. */
  readonly labels?: ReadonlyMap<string, string | undefined> | undefined;
}

/** The snapshot after the changes; the same object if they change nothing. Cost: what changes, not what is there. */
export function applyChanges(before: Snapshot, changes: GroupChanges, revision: number): Snapshot {
  const { errors = [] } = changes;
  const errorsByType = changedErrors(before, changes);
  const contents = new Map<string, PersistentMap<Resource>>();
  const contentOf = (typeUrl: string) =>
    contents.get(typeUrl) ?? before.types.get(typeUrl)?.resources ?? emptyMap<Resource>();
  const indexes = new Map<string, NameIndex>();
  const indexOf = (typeUrl: string) => indexes.get(typeUrl) ?? before.types.get(typeUrl)?.index ?? NO_INDEX;
  for (const { typeUrl, name: written } of [...changes.remove, ...errors]) {
    const name = canonicalName(written);
    const known = contentOf(typeUrl).get(name);
    contents.set(typeUrl, contentOf(typeUrl).delete(name));
    if (known) indexes.set(typeUrl, reindex(indexOf(typeUrl), known, undefined));
  }
  for (const resource of changes.upsert) {
    const content = contentOf(resource.typeUrl);
    const known = content.get(resource.name);
    const isSame = known?.version === resource.version && known.ttlMs === resource.ttlMs;
    contents.set(resource.typeUrl, isSame ? content : content.set(resource.name, resource));
    if (!isSame) indexes.set(resource.typeUrl, reindex(indexOf(resource.typeUrl), known, resource));
  }
  for (const typeUrl of changes.labels?.keys() ?? []) contents.set(typeUrl, contentOf(typeUrl));

  const bringsTtl = changes.upsert.some(({ ttlMs }) => ttlMs !== undefined);
  const bringsApi = changes.upsert.some(({ typeUrl, facts }) => typeUrl === TYPE_URLS.listener && facts.isApiListener);
  const types = new Map(before.types);
  for (const [typeUrl, resources] of contents) {
    const known = before.types.get(typeUrl);
    const isChanged = known ? known.resources !== resources : resources.size > 0;
    const label = changes.labels?.has(typeUrl) ? changes.labels.get(typeUrl) : isChanged ? undefined : known?.label;
    const told = errorsByType.get(typeUrl) ?? known?.errors;
    if (!isChanged && known?.label === label && isAlike(told, known?.errors)) continue;
    const expiring = bringsTtl || known?.expiring?.size ? expiringOf(known, resources) : known ? known.expiring : NONE;
    const isPartial = known?.addressed || (bringsApi && typeUrl === TYPE_URLS.listener);
    const addressed = isPartial ? addressedOf(known, resources) : undefined;
    const index = indexOf(typeUrl);
    types.set(typeUrl, { typeUrl, resources, index, expiring, addressed, errors: told, label, revision });
  }
  const isUnchanged =
    types.size === before.types.size && [...types].every(([url, type]) => before.types.get(url) === type);
  return isUnchanged ? before : { group: before.group, revision, types };
}

const NONE = emptyMap<Resource>();

/** The errors of each type that changes, as they are afterwards. */
function changedErrors(
  before: Snapshot,
  { upsert, remove, errors = [] }: GroupChanges,
): ReadonlyMap<string, PersistentMap<ResourceError>> {
  const byType = new Map<string, PersistentMap<ResourceError>>();
  const errorsOf = (typeUrl: string) =>
    byType.get(typeUrl) ?? before.types.get(typeUrl)?.errors ?? emptyMap<ResourceError>();
  const hasErrors = before.types.values().some(({ errors: known }) => known !== undefined && known.size > 0);
  for (const { typeUrl, name } of hasErrors ? [...remove, ...upsert] : []) {
    const known = errorsOf(typeUrl);
    if (known.size > 0) byType.set(typeUrl, known.delete(canonicalName(name)));
  }
  for (const error of errors) {
    const name = canonicalName(error.name);
    const known = errorsOf(error.typeUrl);
    byType.set(error.typeUrl, isSameError(known.get(name), error) ? known : known.set(name, { ...error, name }));
  }
  return byType;
}

function isAlike(a: PersistentMap<ResourceError> | undefined, b: PersistentMap<ResourceError> | undefined): boolean {
  return a === b || (a?.size ?? 0) + (b?.size ?? 0) === 0;
}

/** Those that expire; the same object where none of them changed. */
function expiringOf(before: TypeSnapshot | undefined, resources: PersistentMap<Resource>): PersistentMap<Resource> {
  let expiring = before?.expiring ?? emptyMap<Resource>();
  diffMaps(before?.resources ?? emptyMap<Resource>(), resources, (name, _, after) => {
    expiring = after?.ttlMs === undefined ? expiring.delete(name) : expiring.set(name, after);
  });
  return expiring;
}

/** Those that have an address; the same object where none of them changed. */
function addressedOf(before: TypeSnapshot | undefined, resources: PersistentMap<Resource>): PersistentMap<Resource> {
  let addressed = before?.addressed ?? before?.resources ?? emptyMap<Resource>();
  diffMaps(before?.resources ?? emptyMap<Resource>(), resources, (name, _, after) => {
    addressed = !after || after.facts.isApiListener ? addressed.delete(name) : addressed.set(name, after);
  });
  return addressed;
}

/** A group's content before its first commit. */
export function emptySnapshot(group: string): Snapshot {
  return { group, revision: 0, types: new Map() };
}
