import type { Resource } from "@fairlead/xds";
import { isSameResource } from "../store/apply.ts";
import {
  type Change,
  type Entry,
  entryOf,
  keyOf,
  type Owner,
  type Place,
  type ResourceKey,
  type StoreState,
} from "../store/store.ts";

/** What a source holds now, of which some may not be in the store yet. */
export interface Wanted {
  readonly owner: Owner;
  readonly group: string;
  /** What may differ from the store, by {@link keyOf}. */
  readonly dirty: ReadonlyMap<string, ResourceKey>;
  /** Whether the store is to be compared as a whole, since nobody remembers what was written to it. */
  readonly isFirst: boolean;
  /** Whether, at first, what the owner has in other groups goes. */
  readonly withdrawsElsewhere: boolean;
  resource(key: ResourceKey): Resource | undefined;
  /** Whether what is not there is known to be gone, and has not just not come yet. */
  isGone(key: ResourceKey): boolean;
}

/** What brings the store to what a source holds, and what could not be decided yet. */
export interface Difference {
  readonly changes: readonly Change[];
  readonly undecided: readonly ResourceKey[];
}

/** Compares what a source holds with what the store has of it. Costs what is dirty, at first what the owner has. */
export function differenceFrom(state: StoreState, wanted: Wanted): Difference {
  const { owner, group, dirty, isFirst } = wanted;
  const now = state.groups.get(group);
  const owned = now?.owners.get(owner);
  const keys = new Map(dirty);
  if (isFirst) for (const key of owned?.values() ?? []) keys.set(keyOf(key), key);
  const upsert: Entry[] = [];
  const remove: ResourceKey[] = [];
  const undecided: ResourceKey[] = [];
  for (const key of keys.values()) {
    const held = entryOf(now, key);
    const resource = wanted.resource(key);
    if (resource) {
      const isHeld = held?.owner === owner && isSameResource(held.resource, resource);
      if (!isHeld) upsert.push({ resource, owner, place: placeOf(owner) });
    } else if (held?.owner === owner) {
      if (wanted.isGone(key)) remove.push(key);
      else undecided.push(key);
    }
  }
  const changes: Change[] = isFirst && wanted.withdrawsElsewhere ? [...elsewhere(state, wanted)] : [];
  // Even of nothing: the group is there, and holds nothing.
  if (!owned || upsert.length + remove.length > 0) changes.push({ kind: "update", group, owner, upsert, remove });
  return { changes, undecided };
}

/** Where a source's resources are defined: its entry in the configuration. */
export function placeOf(source: string): Place {
  return { file: undefined, pointer: `/sources/${source}`, line: undefined, column: undefined };
}

/** Groups that the source wrote to when it was configured otherwise. */
function* elsewhere(state: StoreState, { owner, group }: Wanted): Generator<Change> {
  for (const [other, { owners }] of state.groups) {
    if (other !== group && owners.has(owner)) yield { kind: "withdraw", group: other, owner };
  }
}
