import { TYPE_URLS } from "@fairlead/envoy-api";
import { collectionOf, routeConfigurationOf } from "../cache/name-index.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import type { Interest } from "../protocol/interest.ts";
import type { NameSet } from "../protocol/name-set.ts";
import { changedErrors } from "../protocol/tell-errors.ts";
import { differencesOfBases, typeOf } from "../protocol/view.ts";

/** Who wants to hear of one type. */
interface TypeIndex<S> {
  readonly wildcards: Set<S>;
  readonly bySet: Map<NameSet, Set<S>>;
  /** The interned sets that hold a name: as many as there are different sets, not streams. */
  readonly setsByName: Map<string, Set<NameSet>>;
}

/**
 * From what changed to who asked for it. Streams with equal names share an interned set, so that a change costs the
 * changed names and the interested subscribers, not the group's size.
 */
export class InterestIndex<S> {
  private readonly types = new Map<string, TypeIndex<S>>();

  /** How many types anybody asks for. */
  get typeCount(): number {
    return this.types.size;
  }

  /** A subscriber's interest in a type became another; `undefined`: it has or had none. */
  move(subscriber: S, typeUrl: string, before: Interest | undefined, after: Interest | undefined): void {
    if (before === after) return;
    if (before) this.remove(subscriber, typeUrl, before);
    if (after) this.add(subscriber, typeUrl, after);
  }

  /** Calls `found` for every subscriber that some difference between two snapshots concerns, perhaps more than once. */
  forEachInterested(from: Snapshot | undefined, to: Snapshot, found: (subscriber: S) => void): void {
    for (const [typeUrl, index] of this.types) {
      const [before, after] = [typeOf(from, typeUrl), typeOf(to, typeUrl)];
      // Only who asks for a name is told why there is nothing of it (O5).
      for (const name of changedErrors(before, after)) forEachBy(index, name, found);
      const changed = differencesOfBases(before, after);
      if (changed.length === 0) continue;
      for (const subscriber of index.wildcards) found(subscriber);
      for (const { name: stored, before, after } of changed) {
        // A variant is asked for by the name that it shares with others (O5).
        const name = (after ?? before)?.variant?.of ?? stored;
        forEachBy(index, name, found);
        // Some are asked for by the collection that they are in, too (O4, D8).
        const collection = collectionOf(typeUrl, name);
        if (collection !== undefined) forEachBy(index, collection, found);
      }
    }
  }

  private add(subscriber: S, typeUrl: string, interest: Interest): void {
    const index = this.types.get(typeUrl) ?? { wildcards: new Set(), bySet: new Map(), setsByName: new Map() };
    this.types.set(typeUrl, index);
    if (interest.kind === "wildcard") {
      index.wildcards.add(subscriber);
      return;
    }
    const set = interest.names;
    const known = index.bySet.get(set);
    if (known) {
      known.add(subscriber);
      return;
    }
    index.bySet.set(set, new Set([subscriber]));
    for (const key of keysOf(typeUrl, set)) {
      const sets = index.setsByName.get(key);
      if (sets) sets.add(set);
      else index.setsByName.set(key, new Set([set]));
    }
  }

  private remove(subscriber: S, typeUrl: string, interest: Interest): void {
    const index = this.types.get(typeUrl);
    if (!index) return;
    if (interest.kind === "wildcard") index.wildcards.delete(subscriber);
    else removeFromSet(index, typeUrl, subscriber, interest.names);
    // Clients name types freely: one that nobody asks for any more is forgotten.
    if (index.wildcards.size === 0 && index.bySet.size === 0) this.types.delete(typeUrl);
  }
}

/** The names of a set; virtual hosts that are asked for on demand may be served by any of their route configuration (D8). */
function* keysOf(typeUrl: string, { names }: NameSet): Iterable<string> {
  yield* names;
  if (typeUrl === TYPE_URLS.virtualHost) for (const name of names) yield routeConfigurationOf(name);
}

function removeFromSet<S>(index: TypeIndex<S>, typeUrl: string, subscriber: S, set: NameSet): void {
  const subscribers = index.bySet.get(set);
  subscribers?.delete(subscriber);
  if (!subscribers || subscribers.size > 0) return;
  index.bySet.delete(set);
  for (const key of keysOf(typeUrl, set)) {
    const sets = index.setsByName.get(key);
    sets?.delete(set);
    if (sets?.size === 0) index.setsByName.delete(key);
  }
}

function forEachBy<S>(index: TypeIndex<S>, name: string, found: (subscriber: S) => void): void {
  for (const set of index.setsByName.get(name) ?? []) {
    for (const subscriber of index.bySet.get(set) ?? []) found(subscriber);
  }
}
