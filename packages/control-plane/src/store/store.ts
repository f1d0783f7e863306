import { emptyMap, type PersistentMap, type Resource } from "@fairlead/xds";
import type { CommitRecord } from "./commit-log.ts";

/** Who defines a resource: `file` for the resources directory, `api` for the admin API, other sources by their names. */
export type Owner = string;

/** The owner of what is made of documents ({@link Derive}). It yields a name to whoever else defines it. */
export const DERIVED_OWNER: Owner = "registry";

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

/** A value in JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * A record beside the resources, committed with them and as durable: a registered instance, the overrides of a service's
 * templates, who runs the sources. Immutable.
 */
export interface Document {
  /** A path, whose first part says what it is: `instances/payments/p-1`. */
  readonly key: string;
  readonly value: Json;
  /** The revision that last changed it. */
  readonly revision: number;
}

/** Everything, at one revision. Immutable. */
export interface StoreState {
  readonly revision: number;
  readonly groups: PersistentMap<GroupState>;
  /** By {@link Document.key}. */
  readonly documents: PersistentMap<Document>;
}

/** What one owner does to one group, or what becomes of one document. */
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
  | { readonly kind: "withdraw"; readonly group: string; readonly owner: Owner }
  | DocumentChange;

/** Puts or removes a document. */
export interface DocumentChange {
  readonly kind: "document";
  readonly key: string;
  /** `undefined`: it is removed. */
  readonly value: Json | undefined;
  /**
   * Fences writers off from each other: if the document's revision is another one (0: there is none), this change is passed
   * over, and the others are made all the same. Without it the change is made in any case.
   */
  readonly ifRevision?: number;
  /** The same of another document: the right to write this one may hang on that one. */
  readonly ifOther?: { readonly key: string; readonly revision: number };
}

/**
 * Makes resources of documents: called within each commit with the state before it and with its other changes made,
 * it returns what they entail, all of it under {@link DERIVED_OWNER}. Pure and deterministic, so that every replica and every restart comes to
 * the same resources, and only documents need to be kept. It leaves out the names that another owner defines.
 */
export type Derive = (before: StoreState, after: StoreState, touched: Touched) => readonly Change[];

/** What a commit's own changes touched, which is all that a {@link Derive} needs to look at. */
export interface Touched {
  readonly documents: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

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
  /** Who made it: a person or a program by its own word, or the source. */
  readonly author: string | undefined;
  /** Why, in the words of whoever made it. */
  readonly reason: string | undefined;
  /** Keys of the documents that differ. */
  readonly documents: ReadonlySet<string>;
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

/**
 * Makes changes of the state that they will be applied to: for those that replace what is there, or judge it. Must be quick and
 * have no effect but its answer: it runs once more each time that others committed to a shared log first.
 */
export type ChangesOf = (state: StoreState) => readonly Change[];

/** Options of {@link Store.commit}. */
export interface CommitOptions {
  /** Refuses with `revision-conflict` unless the store is at this revision. */
  readonly expectedRevision?: number;
  /** Who asks, by their own word; remembered with the commit. */
  readonly author?: string | undefined;
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
  /** Keys of documents whose changes were passed over, for {@link DocumentChange.ifRevision} or {@link DocumentChange.ifOther}. */
  readonly passedOver: readonly string[];
}

/**
 * Commits sets of changes atomically, gives each a revision, and lets others watch from a revision.
 *
 * One implementation ({@link createStore}) over a {@link CommitLog} or none: what is durable is the log, and the state is
 * what the log's commits make, one after the other. So writing is asynchronous, and reading the last known state is not.
 */
export interface Store {
  /** What each commit derives of documents; `undefined`: nothing. */
  readonly derive: Derive | undefined;
  /** The newest state known here. */
  state(): StoreState;
  /**
   * Makes all the changes, in order, or none. What leaves every resource as it was makes no new revision.
   * Watchers have heard of it when this resolves, and it is durable if the store is.
   *
   * Commits are made in the order of the calls; those that wait for one that is being made durable become durable together. Changes that depend
   * on the state are given as a function of it, which throws to make none.
   *
   * @throws FairleadError `name-taken`, `label-conflict`, `label-invalid`, `group-invalid`, `revision-conflict`, `store-closed`,
   *   `store-unavailable` (it may have been made nevertheless, if the message says so), `store-full`, `store-overloaded`; what the function of
   *   changes throws
   */
  commit(changes: readonly Change[] | ChangesOf, options?: CommitOptions): Promise<CommitResult>;
  /**
   * Tells of every commit after `revision`, in order, starting before this returns; `0` is everything.
   *
   * @returns the function that ends it
   */
  watch(revision: number, listener: (event: StoreEvent) => void): () => void;
  /**
   * The commits that are remembered with `from <= revision <= to`, newest first, at most `limit`. A store with a log remembers what its
   * retention keeps, over restarts; one without, what its memory does.
   *
   * @throws FairleadError `store-unavailable`
   */
  history(range: HistoryRange): Promise<readonly CommitRecord[]>;
  /**
   * The state right after a revision (after the last one before it, if there was none at that number); `undefined`: it is later than
   * the newest, or older than is remembered. Reading an old one from a log costs a checkpoint and the records after it.
   *
   * @throws FairleadError `store-unavailable`
   */
  stateAt(revision: number): Promise<StoreState | undefined>;
  /** How it goes, for people. */
  status(): StoreStatus;
  /** Ends all watches; later commits are refused with `store-closed`. */
  close(): Promise<void>;
}

/** Which commits {@link Store.history} tells of. */
export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** How a store goes. */
export interface StoreStatus {
  /** Where commits are kept: `memory`, or the log's name. */
  readonly name: string;
  /** Whether commits outlive the process. */
  readonly isDurable: boolean;
  /** Whether other processes commit to it too. */
  readonly isShared: boolean;
  /** Whether commits can be made now; `false`: what is served is the last known state. */
  readonly isReachable: boolean;
  /** Why it is not reachable, or why the last commit could not be kept; `undefined`: all is well. */
  readonly trouble: string | undefined;
  /** Since when that is so, ms since the epoch. */
  readonly troubledSinceMs: number | undefined;
  /** Commits that wait to be made or are being made durable. */
  readonly waiting: number;
}

/** Characters in a version label, at most. */
export const MAX_LABEL_LENGTH = 128;

/** Nothing, at revision 0. */
export const EMPTY_STATE: StoreState = { revision: 0, groups: emptyMap(), documents: emptyMap() };

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
