import { collectionOf, NO_INDEX } from "../cache/name-index.ts";
import { diffMaps, emptyMap } from "../cache/persistent-map.ts";
import type { Resource } from "../cache/resource.ts";
import type { Snapshot, TypeSnapshot } from "../cache/snapshot.ts";
import { remember } from "../remember.ts";
import { isBodiless } from "./bodiless.ts";
import { collectionsOf, type Interest, includes } from "./interest.ts";

/** Names that one client sees otherwise than the snapshot has them; `undefined`: it does not see that name. Never changed. */
export type Overlay = ReadonlyMap<string, Resource | undefined>;

/** An overlay that changes nothing. */
export const NO_OVERLAY: Overlay = new Map();

/**
 * What a client is to hold of one type: a snapshot's content, but for what make before break retains or holds back.
 * Interned: clients in the same stage share one view, and so all that is computed from it.
 */
export interface View {
  /** Tells views apart in keys without keeping them alive. */
  readonly id: number;
  readonly base: TypeSnapshot;
  readonly overlay: Overlay;
}

/** One name that two views have differently. */
export interface Difference {
  readonly name: string;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

const MAX_OVERLAYS_PER_BASE = 64;
let differencesFound = 0;
let lastId = 0;
const plain = new WeakMap<TypeSnapshot, View>();
const overlaid = new WeakMap<TypeSnapshot, Map<string, View>>();
const overlayKeys = new WeakMap<Overlay, string>();
const baseDifferences = new WeakMap<TypeSnapshot, WeakMap<TypeSnapshot, readonly Difference[]>>();
const emptyTypes = new Map<string, TypeSnapshot>();

/** A type's content in a snapshot, empty where the snapshot has none. */
export function typeOf(snapshot: Snapshot | undefined, typeUrl: string): TypeSnapshot {
  return snapshot?.types.get(typeUrl) ?? emptyType(typeUrl);
}

/** The view of this content under this overlay. */
export function viewOf(base: TypeSnapshot, overlay: Overlay): View {
  if (overlay.size === 0) return remember(plain, base, () => ({ id: ++lastId, base, overlay: NO_OVERLAY }));
  const key = remember(overlayKeys, overlay, () => overlayKey(overlay));
  const views = remember(overlaid, base, () => new Map<string, View>());
  const known = views.get(key);
  if (known) return known;
  if (views.size >= MAX_OVERLAYS_PER_BASE) views.clear();
  const view: View = { id: ++lastId, base, overlay };
  views.set(key, view);
  return view;
}

/** The resource of that name, as the view's client is to see it. */
export function resourceIn(view: View, name: string): Resource | undefined {
  return view.overlay.has(name) ? view.overlay.get(name) : view.base.resources.get(name);
}

/** Everything in the view that the interest covers, sorted by name: one order for all, so that bytes and digests agree. */
export function resourcesIn(view: View, interest: Interest): Resource[] {
  return [...namesIn(view, interest)].sort().flatMap((name) => resourceIn(view, name) ?? []);
}

/** What differs from one view to the other within the interest. Cost: what changed, whatever the views' size. */
export function differences(from: View, to: View, interest: Interest): readonly Difference[] {
  if (from === to) return [];
  const changed = differencesOfBases(from.base, to.base);
  if (from.overlay.size === 0 && to.overlay.size === 0) {
    const isAll = interest.kind === "wildcard" && !interest.within;
    return isAll ? changed : changed.filter(({ name }) => includes(interest, name));
  }
  const names = new Set([...from.overlay.keys(), ...to.overlay.keys()]);
  for (const { name } of changed) names.add(name);
  const result: Difference[] = [];
  for (const name of names) {
    if (!includes(interest, name)) continue;
    const before = resourceIn(from, name);
    const after = resourceIn(to, name);
    if (!isSame(before, after)) result.push({ name, before, after });
  }
  return result;
}

/** Whether a client that holds one holds the other. */
export function isSame(a: Resource | undefined, b: Resource | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.version === b.version && a.ttlMs === b.ttlMs);
}

/** How many differences between snapshots were computed in this process, ever. */
export function differenceCount(): number {
  return differencesFound;
}

/** What differs between two snapshots' content of a type; computed once for all clients. */
export function differencesOfBases(from: TypeSnapshot, to: TypeSnapshot): readonly Difference[] {
  if (from === to) return [];
  const known = remember(baseDifferences, from, () => new WeakMap<TypeSnapshot, readonly Difference[]>());
  return remember(known, to, () => {
    const found: Difference[] = [];
    diffMaps(from.resources, to.resources, (name, before, after) => {
      if (!isSame(before, after)) found.push({ name, before, after });
    });
    differencesFound += found.length;
    return found;
  });
}

/** The names in a collection, as the view's client is to see it, sorted. Cost: what is in it, and what the client sees otherwise. */
export function membersOf({ base, overlay }: View, collection: string): string[] {
  const names = new Set(base.index.collections.get(collection)?.keys());
  for (const [name, resource] of overlay) {
    if (resource === undefined) names.delete(name);
    else if (collectionOf(base.typeUrl, name) === collection) names.add(name);
  }
  return [...names].sort();
}

/** Every name that the interest covers: of a wildcard those in the view, else those asked for, in the view or not. */
export function* namesIn(view: View, interest: Interest): Iterable<string> {
  if (interest.kind === "named" || interest.within) {
    const names = new Set(interest.names.names);
    for (const collection of collectionsOf(interest)) for (const name of membersOf(view, collection)) names.add(name);
    return yield* names;
  }
  yield* view.base.resources.keys();
  for (const name of view.overlay.keys()) if (!view.base.resources.has(name)) yield name;
}

function emptyType(typeUrl: string): TypeSnapshot {
  const known = emptyTypes.get(typeUrl);
  if (known) return known;
  const empty: TypeSnapshot = { typeUrl, resources: emptyMap(), index: NO_INDEX, label: undefined, revision: 0 };
  // Type URLs come from clients too: an unknown one is not worth remembering once there are many.
  if (emptyTypes.size < 1_000) emptyTypes.set(typeUrl, empty);
  return empty;
}

function overlayKey(overlay: Overlay): string {
  const entries = [...overlay].map(([name, resource]) => {
    // A stand-in has the version of what it stands for, and must not be taken for it.
    return [name, resource ? resource.version : null, resource !== undefined && isBodiless(resource)];
  });
  return JSON.stringify(entries.sort());
}
