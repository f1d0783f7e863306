import { redoCommit } from "../store/make-commit.ts";
import type { Store, StoreState } from "../store/store.ts";
import { describeRevision, type Revision } from "./describe-revision.ts";

/** Commits that are read from the store at a time, to be described. */
const CHUNK = 200;

/** The revisions that are remembered: the newest in memory; with a durable store, older ones there. */
export interface RevisionHistory {
  /**
   * Those before `before`, newest first, and not older than `from`.
   *
   * @throws FairleadError `store-unavailable`
   */
  newestFirst(range: { readonly before: number; readonly from: number }): AsyncIterable<Revision>;
  /** One that is in memory. */
  get(revision: number): Revision | undefined;
  /** One that is remembered. @throws FairleadError `store-unavailable` */
  find(revision: number): Promise<Revision | undefined>;
  /** Tells of each new one, after it is remembered; returns the function that stops it. */
  subscribe(listener: (revision: Revision) => void): () => void;
  /** Ends the watch on the store. */
  close(): void;
}

/** Describes what each commit of a store did; at most `maxRevisions` of the newest, and as many older ones, are held in memory. */
export function keepHistory(store: Store, { maxRevisions }: { readonly maxRevisions: number }): RevisionHistory {
  /** Without a gap, up to the newest. */
  const recent = new Map<number, Revision>();
  /** What was read lately. */
  const older = new Map<number, Revision>();
  const listeners = new Set<(revision: Revision) => void>();
  let before: StoreState = store.state();
  const unwatch = store.watch(before.revision, (event) => {
    if (event.kind === "commit") {
      const revision = describeRevision(before, event.commit);
      remember(recent, revision);
      for (const listener of listeners) listener(revision);
    } else recent.clear(); // steps are missing
    before = event.kind === "commit" ? event.commit.state : event.state;
  });

  const remember = (revisions: Map<number, Revision>, revision: Revision): void => {
    revisions.set(revision.revision, revision);
    const [oldest] = revisions.keys();
    if (revisions.size > maxRevisions) revisions.delete(oldest!);
  };

  /** Up to so many of the newest within a range, newest first: made again, one after the other, of the state before them. */
  const read = async (from: number, to: number, limit: number): Promise<readonly Revision[]> => {
    const records = (await store.history({ from, to, limit })).toReversed();
    if (records.every(({ revision }) => older.has(revision))) {
      return records.map(({ revision }) => older.get(revision)!).reverse();
    }
    let state = await store.stateAt(records[0]!.revision - 1);
    const revisions: Revision[] = [];
    for (const record of records) {
      // What was before the oldest of all may be forgotten, and so what that did.
      if (!state) {
        state = await store.stateAt(record.revision);
        continue;
      }
      const commit = redoCommit(state, record, store.derive);
      const revision = describeRevision(state, commit);
      remember(older, revision);
      revisions.push(revision);
      state = commit.state;
    }
    return revisions.reverse();
  };

  return {
    async *newestFirst({ before, from }) {
      let oldest = before;
      for (const revision of [...recent.values()].reverse()) {
        if (revision.revision < from) return;
        if (revision.revision >= before) continue;
        oldest = revision.revision;
        yield revision;
      }
      const [first] = recent.keys();
      let to = Math.min(oldest, first ?? oldest) - 1;
      while (store.status().isDurable && to >= from) {
        const chunk = await read(from, Math.min(to, Number.MAX_SAFE_INTEGER), CHUNK);
        yield* chunk;
        if (chunk.length === 0) return;
        to = chunk.at(-1)!.revision - 1;
      }
    },
    get: (revision) => recent.get(revision) ?? older.get(revision),
    async find(revision) {
      const known = recent.get(revision) ?? older.get(revision);
      if (known || !store.status().isDurable) return known;
      const [found] = await read(revision, revision, 1);
      return found;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: unwatch,
  };
}
