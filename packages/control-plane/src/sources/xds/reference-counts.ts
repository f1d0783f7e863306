import { isGlob, type Reference, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import { keyOf, type ResourceKey } from "../../store/store.ts";

/** Who refers to what among resources that come and go: what to ask for by name, and what has not come yet. */
export interface ReferenceCounts {
  /** Takes one resource of a type and name for another; `undefined`: there was, or is, none. Costs what they refer to. */
  replace(before: Resource | undefined, after: Resource | undefined): void;
  /** Names of a type that something refers to. */
  namesOf(typeUrl: string): Iterable<string>;
  /** Types of which other names are referred to than when this was last called. */
  takeChanged(): readonly string[];
  /** What is referred to and is not there, by {@link keyOf}. A collection is never missing, for it may be empty. */
  readonly missing: ReadonlyMap<string, ResourceKey>;
}

/** Counts of nothing yet. */
export function createReferenceCounts(): ReferenceCounts {
  const counts = new Map<string, Map<string, number>>();
  const present = new Set<string>();
  const missing = new Map<string, ResourceKey>();
  const changed = new Set<string>();

  const count = ({ typeUrl, name }: Reference, by: 1 | -1): void => {
    const names = counts.get(typeUrl) ?? new Map<string, number>();
    counts.set(typeUrl, names);
    const now = (names.get(name) ?? 0) + by;
    const key = keyOf({ typeUrl, name });
    if (now === 0) {
      names.delete(name);
      missing.delete(key);
      changed.add(typeUrl);
      return;
    }
    names.set(name, now);
    if (by === -1 || now > 1) return;
    changed.add(typeUrl);
    if (!present.has(key) && !isCollection(typeUrl, name)) missing.set(key, { typeUrl, name });
  };

  return {
    missing,
    replace(before, after) {
      // What both refer to is never uncounted in between.
      for (const reference of after?.facts.references ?? []) count(reference, 1);
      for (const reference of before?.facts.references ?? []) count(reference, -1);
      const one = after ?? before;
      if (!one) return;
      const { typeUrl, name } = one;
      const key = keyOf(one);
      if (after) {
        present.add(key);
        missing.delete(key);
        return;
      }
      present.delete(key);
      if (counts.get(typeUrl)?.has(name)) missing.set(key, { typeUrl, name });
    },
    namesOf: (typeUrl) => counts.get(typeUrl)?.keys() ?? [],
    takeChanged() {
      const types = [...changed];
      changed.clear();
      return types;
    },
  };
}

function isCollection(typeUrl: string, name: string): boolean {
  return typeUrl === TYPE_URLS.virtualHost || isGlob(name);
}
