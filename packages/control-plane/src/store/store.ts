import type { PersistentMap, Resource } from "@fairlead/xds";

/** Who defines a resource: `file` for the resources directory, `api` for the admin API, later sources by their names. */
export type Owner = string;

/** Where a resource was defined. */
export interface Place {
  /** Path relative to the source's directory; `undefined`: not from a file. */
  readonly file: string | undefined;
  /** JSON pointer of the resource within the file or the request body. */
  readonly pointer: string;
  /** 1-based; `undefined` where the origin has no lines. */
  readonly line: number | undefined;
  /** 1-based; `undefined` where the origin has no lines. */
  readonly column: number | undefined;
}

/** A resource with the name of who defines it, and where. */
export interface Entry {
  readonly resource: Resource;
  readonly owner: Owner;
  readonly place: Place;
}

/** A resource's identity within a group. */
export interface ResourceKey {
  readonly typeUrl: string;
  readonly name: string;
}

/** All of one group at one revision. Immutable; successive states share what did not change. */
export interface GroupState {
  readonly group: string;
  /** The revision that last changed this group. */
  readonly revision: number;
  /** By type URL, then by name. A type without resources is absent. */
  readonly types: ReadonlyMap<string, PersistentMap<Entry>>;
  /** Who defines this group, and what each defines, by {@link keyOf}; an owner may be present with nothing. */
  readonly owners: ReadonlyMap<Owner, PersistentMap<ResourceKey>>;
  /** The label that names the present content of a type, by type URL. */
  readonly labels: ReadonlyMap<string, string>;
  /** Every label in use or used before, with the digest of what it named: by type URL and label, oldest first. */
  readonly usedLabels: ReadonlyMap<string, UsedLabel>;
}

/** A label and the content it stands for, so that it never comes to stand for another. */
export interface UsedLabel {
  readonly typeUrl: string;
  readonly label: string;
  /** Who gave it, and alone can have it forgotten, by withdrawing. */
  readonly owner: Owner;
  readonly digest: string;
}

/** Everything, at one revision. Immutable. */
export interface StoreState {
  readonly revision: number;
  readonly groups: PersistentMap<GroupState>;
}

/** What one owner does to one group. */
export type Change =
  | {
      readonly kind: "update";
      readonly group: string;
      readonly owner: Owner;
      /** Entries to add or replace. All must have the change's owner. */
      readonly upsert: readonly Entry[];
      /** What to take away; a name that the owner does not define is passed over. */
      readonly remove: readonly ResourceKey[];
      /** Labels for types, at most {@link MAX_LABEL_LENGTH} characters each; a type not listed keeps its label if its content stays. */
      readonly labels?: ReadonlyMap<string, string>;
    }
  /** The owner has nothing to do with the group any more: its resources and labels go, with the last owner the group. */
  | { readonly kind: "withdraw"; readonly group: string; readonly owner: Owner };

/** What a commit did to one group. */
export type GroupDelta =
  | {
      readonly kind: "changed";
      readonly upsert: readonly Resource[];
      readonly remove: readonly ResourceKey[];
      /** Labels that are other than before; `undefined`: none any more. */
      readonly labels: ReadonlyMap<string, string | undefined>;
    }
  | { readonly kind: "deleted" };

/** One atomic step from a revision to the next. */
export interface Commit {
  readonly revision: number;
  /** When it was made, ms since the epoch. */
  readonly committedAtMs: number;
  /** Whose changes made it. */
  readonly owners: readonly Owner[];
  /** Why, in the words of whoever made it. */
  readonly reason: string | undefined;
  /** By group; only groups that differ. */
  readonly groups: ReadonlyMap<string, GroupDelta>;
  /** The state right after it. */
  readonly state: StoreState;
}

/** What a watcher hears. */
export type StoreEvent =
  | { readonly kind: "commit"; readonly commit: Commit }
  /** The revision asked for is too old to be told step by step (or the watcher fell behind): this is all there is now. */
  | { readonly kind: "state"; readonly state: StoreState };

/** Options of {@link Store.commit}. */
export interface CommitOptions {
  /** Refuses with `revision-conflict` unless the store is at this revision. */
  readonly expectedRevision?: number;
  /** Why, in the words of whoever asks; remembered with the commit. */
  readonly reason?: string | undefined;
}

/** The answer to a commit. */
export interface CommitResult {
  /** The revision at which the store now is. */
  readonly revision: number;
  /** Whether there is a new revision: `false` if all was as before. */
  readonly changed: boolean;
  readonly state: StoreState;
}

/**
 * Commits sets of changes atomically, gives each a revision, and lets others watch from a revision.
 *
 * In memory here; behind the same interface SQLite and etcd later, which is why writing is asynchronous, reading the
 * last known state is not, and watching starts from a revision.
 */
export interface Store {
  /** The newest state known here. */
  state(): StoreState;
  /**
   * Makes all the changes, in order, or none. What leaves every resource as it was makes no new revision.
   * Watchers have heard of it when this resolves.
   *
   * @throws FairleadError `name-taken`, `label-conflict`, `label-invalid`, `group-invalid`, `revision-conflict`, `store-closed`
   */
  commit(changes: readonly Change[], options?: CommitOptions): Promise<CommitResult>;
  /**
   * Tells of every commit after `revision`, in order, starting before this returns; `0` is everything.
   *
   * @returns the function that ends it
   */
  watch(revision: number, listener: (event: StoreEvent) => void): () => void;
  /** Ends all watches; later commits are refused with `store-closed`. */
  close(): Promise<void>;
}

/** Characters in a version label, at most. */
export const MAX_LABEL_LENGTH = 128;

/** A string that is equal for equal keys. */
export function keyOf(key: ResourceKey): string {
  return `${key.typeUrl}\n${key.name}`;
}

/** The entry of that type and name in a group, if there is one. */
export function entryOf(state: GroupState | undefined, key: ResourceKey): Entry | undefined {
  return state?.types.get(key.typeUrl)?.get(key.name);
}

/** `edge.yaml:12:5 (/resources/3)` or `/resources/3`. */
export function formatPlace(place: Place): string {
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
  if (position === "") return place.pointer;
  return place.pointer === "" ? position : `${position} (${place.pointer})`;
}
