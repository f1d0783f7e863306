import type { Resource } from "@fairlead/xds";
import { type Includes, NO_INCLUDES } from "../groups/includes.ts";
import { compose, NOTHING_COMPOSED } from "./compose.ts";
import { diffStates } from "./diff.ts";
import type { GroupDelta, ResourceKey, Store } from "./store.ts";

/** What {@link feedCache} needs of a `SnapshotCache`. */
export interface CommitTarget {
  /** One atomic commit. */
  commit(change: { readonly revision: number; readonly groups: ReadonlyMap<string, CacheChange> }): unknown;
  /** Groups came or went, and with them where nodes belong. */
  regroup(): void;
}

/** What becomes of one group of the cache. */
export type CacheChange =
  | {
      readonly upsert: readonly Resource[];
      readonly remove: readonly ResourceKey[];
      readonly labels: ReadonlyMap<string, string | undefined>;
    }
  | "delete";

/**
 * Keeps a cache at the store's newest revision, each group with what it includes, one cache commit for one store commit;
 * returns the function that ends it.
 */
export function feedCache(store: Store, cache: CommitTarget, includes: Includes = NO_INCLUDES): () => void {
  let fed = NOTHING_COMPOSED;
  return store.watch(0, (event) => {
    const before = fed.served;
    fed = compose(includes, fed, event.kind === "commit" ? event.commit.state : event.state);
    const state = fed.served;
    const isTold = event.kind === "commit" && state === fed.stored;
    const deltas = isTold ? event.commit.groups : diffStates(before, state);
    if (deltas.size === 0) return;
    const groups = new Map([...deltas].map(([group, delta]) => [group, toCacheChange(delta)]));
    cache.commit({ revision: state.revision, groups });
    if ([...groups.keys()].some((group) => before.groups.has(group) !== state.groups.has(group))) cache.regroup();
  });
}

function toCacheChange(delta: GroupDelta): CacheChange {
  if (delta.kind === "deleted") return "delete";
  const { upsert, remove, labels } = delta;
  return { upsert, remove, labels };
}
