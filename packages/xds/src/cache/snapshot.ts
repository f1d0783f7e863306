import type { NameIndex } from "./name-index.ts";
import type { PersistentMap } from "./persistent-map.ts";
import type { Resource } from "./resource.ts";
import type { ResourceError } from "./resource-error.ts";

/** All resources of one type in one group at one revision. Unchanged types keep their object from snapshot to snapshot. */
export interface TypeSnapshot {
  readonly typeUrl: string;
  readonly resources: PersistentMap<Resource>;
  readonly index: NameIndex;
  /**
   * Those of them that expire unless they are renewed (`ttlMs`), so that they are found without a look at the others.
   * `undefined`: all are looked at.
   */
  readonly expiring?: PersistentMap<Resource> | undefined;
  /** Of listeners those that have an address, for who can't use the others. `undefined`: all have. */
  readonly addressed?: PersistentMap<Resource> | undefined;
  /** Why some names have no resource here, by name (protocol.md O5). Default: nothing is known of why. */
  readonly errors?: PersistentMap<ResourceError> | undefined;
  /** The version that the user gave this content (`versions` of the admin API); `undefined`: a digest names it. */
  readonly label: string | undefined;
  /** The revision that last changed this type. */
  readonly revision: number;
}

/** What one group of nodes is to hold, at one revision. Immutable; successive snapshots share what did not change. */
export interface Snapshot {
  readonly group: string;
  /** Strictly increasing order of commits; identity is the matter of versions. */
  readonly revision: number;
  /** Types by type URL; a type without resources may be absent. */
  readonly types: ReadonlyMap<string, TypeSnapshot>;
}
