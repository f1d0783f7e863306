import { setTimeout as sleep } from "node:timers/promises";
import type { FormerResource } from "@fairlead/xds";
import { FairleadError } from "../errors.ts";
import type { Includes } from "../groups/includes.ts";
import type { CommitRecord } from "./commit-log.ts";
import { compose, NOTHING_COMPOSED } from "./compose.ts";
import { diffStates } from "./diff.ts";
import { redoCommit } from "./make-commit.ts";
import {
  entryOf,
  type GroupDelta,
  type GroupState,
  keyOf,
  type ResourceKey,
  type Store,
  type StoreState,
} from "./store.ts";

/** The most commits that are looked back at; what older ones dropped is taken for forgotten. */
const MAX_RECORDS = 10_000;
/** The most dropped resources of a group that are remembered, of all types; then the one dropped longest ago is forgotten. */
const MAX_DROPPED = 10_000;

/** Between attempts to read the history, ms. */
const RETRY_MS = 500;

/** Settings of {@link recallDropped}. */
export interface RecallOptions {
  /** How far to look back, ms. */
  readonly droppedForMs: number;
  /** Told once why the history cannot be read. */
  readonly onFault: (error: unknown) => void;
  /** Ends the wait for a store that is away. */
  readonly signal?: AbortSignal | undefined;
}

/** What groups held once and hold no more, by group. */
export type DroppedByGroup = ReadonlyMap<string, readonly FormerResource[]>;

/**
 * What the store's commits dropped within the last `droppedForMs`, of each group as it is served, with what it includes: a
 * proxy that comes to this process may have been served any of those states, here before a restart or by another replica,
 * and may still route to what is gone (protocol.md C9).
 *
 * Waits for a store that is away, as opening it does. A history that is damaged is done without: what is to be served is known.
 *
 * @throws FairleadError `store-closed` when `signal` says so
 */
export async function recallDropped(store: Store, includes: Includes, options: RecallOptions): Promise<DroppedByGroup> {
  const { droppedForMs, onFault, signal } = options;
  for (let isTold = false; ; isTold = true) {
    try {
      return await recallOnce(store, includes, droppedForMs);
    } catch (error) {
      if (!(error instanceof FairleadError)) throw error;
      if (signal?.aborted || error.code === "store-closed") {
        throw new FairleadError("store-closed", "ended while it waited for the store's history", { cause: error });
      }
      if (!isTold) onFault(error);
      if (error.code !== "store-unavailable") return new Map();
    }
    await sleep(RETRY_MS, undefined, { ...(signal && { signal }) }).catch(() => {});
  }
}

async function recallOnce(store: Store, includes: Includes, droppedForMs: number): Promise<DroppedByGroup> {
  const { revision } = store.state();
  const since = Date.now() - droppedForMs; // revisions are the clock's milliseconds, or later ones
  const newestFirst = await store.history({ from: since + 1, to: revision, limit: MAX_RECORDS });
  const records = newestFirst.toReversed();
  const [oldest] = records;
  if (!oldest) return new Map();
  const before = await store.stateAt(oldest.revision - 1);
  if (before) return droppedBy(store, includes, before, records);
  const after = await store.stateAt(oldest.revision); // what the oldest one changed is not remembered
  return after ? droppedBy(store, includes, after, records.slice(1)) : new Map();
}

function droppedBy(
  { derive }: Store,
  includes: Includes,
  from: StoreState,
  records: readonly CommitRecord[],
): DroppedByGroup {
  const dropped = new Map<string, Map<string, FormerResource>>();
  let composed = compose(includes, NOTHING_COMPOSED, from);
  for (const record of records) {
    const before = composed.served;
    composed = compose(includes, composed, redoCommit(composed.stored, record, derive).state);
    for (const [group, delta] of diffStates(before, composed.served)) {
      const known = dropped.get(group) ?? new Map<string, FormerResource>();
      dropped.set(group, known);
      note(known, before.groups.get(group), delta, record.committedAtMs);
    }
  }
  return new Map([...dropped].map(([group, resources]) => [group, [...resources.values()]]));
}

function note(
  dropped: Map<string, FormerResource>,
  before: GroupState | undefined,
  delta: GroupDelta,
  droppedAtMs: number,
): void {
  // The proxies of a deleted group keep all that it held, and have it still if the group comes back.
  const isDeleted = delta.kind === "deleted";
  if (!isDeleted) for (const resource of delta.upsert) dropped.delete(keyOf(resource));
  for (const key of isDeleted ? everyKey(before) : delta.remove) {
    const resource = entryOf(before, key)?.resource;
    if (!resource) continue;
    dropped.delete(keyOf(key)); // to the end: the oldest goes first
    dropped.set(keyOf(key), { resource, droppedAtMs });
    if (dropped.size <= MAX_DROPPED) continue;
    const [oldest] = dropped.keys();
    dropped.delete(oldest!);
  }
}

function* everyKey(state: GroupState | undefined): Iterable<ResourceKey> {
  for (const [typeUrl, entries] of state?.types ?? []) for (const name of entries.keys()) yield { typeUrl, name };
}
