import type { Resource } from "@fairlead/xds";
import { keyOf, type Owner, type ResourceKey } from "../store/store.ts";
import type { CommitReport, Committer } from "../validation/commit.ts";
import type { Fault } from "../validation/fault.ts";
import { differenceFrom } from "./difference-from.ts";

/** Settings of {@link createStoreWriter}. */
export interface StoreWriterOptions {
  readonly owner: Owner;
  readonly group: string;
  readonly committer: Committer;
  /** What the source holds of that key now; `undefined`: nothing. */
  readonly resource: (key: ResourceKey) => Resource | undefined;
  /**
   * Whether what the store has from before, and the source has never named, is known to be gone, and has not just not come
   * yet.
   */
  readonly isGone: (key: ResourceKey) => boolean;
  /** Whether the source writes to one group only, so that what it has in others is of a former configuration. Default `true`. */
  readonly withdrawsElsewhere?: boolean;
}

/** What came of {@link StoreWriter.write}. */
export interface Written {
  readonly report: CommitReport;
  /** Why the group stays as it was; empty: it was written. */
  readonly refused: readonly Fault[];
}

/** Brings what a source holds into the store: at first all that differs, later what is marked. */
export interface StoreWriter {
  /** Whether something is marked and not written. */
  readonly isDue: boolean;
  /** Notes what may differ from the store. */
  mark(keys: Iterable<ResourceKey>): void;
  /**
   * Commits what is marked, as the source holds it at the moment of the call. What can't be committed stays marked. One at a
   * time.
   *
   * @throws what {@link Committer.commit} throws
   */
  write(): Promise<Written>;
}

/** A writer that has written nothing yet. */
export function createStoreWriter(options: StoreWriterOptions): StoreWriter {
  const { owner, group, committer, resource, isGone, withdrawsElsewhere = true } = options;
  let marked = new Map<string, ResourceKey>();
  /** Of these it is not known yet whether they are gone. */
  let undecided = new Map<string, ResourceKey>();
  let isFirst = true;

  return {
    get isDue() {
      return marked.size > 0 || isFirst;
    },
    mark(keys) {
      for (const key of keys) marked.set(keyOf(key), key);
    },
    async write() {
      const batch = marked;
      marked = new Map();
      const again = () => {
        marked = new Map([...batch, ...marked]);
      };
      // As it is now: what comes while others commit may not be whole.
      const held = new Map<string, Resource>();
      for (const key of [...batch.values(), ...undecided.values()]) {
        const one = resource(key);
        if (one) held.set(keyOf(key), one);
      }
      let left: readonly ResourceKey[] = [];
      try {
        const report = await committer.commit(
          (state) => {
            const difference = differenceFrom(state, {
              owner,
              group,
              dirty: new Map([...undecided, ...batch]),
              isFirst,
              withdrawsElsewhere,
              resource: (key) => held.get(keyOf(key)),
              isGone: (key) => batch.has(keyOf(key)) || isGone(key),
            });
            left = difference.undecided;
            return difference.changes;
          },
          { leaveOutFaulty: true, author: owner },
        );
        const refused = report.refused.get(group) ?? [];
        if (refused.length > 0) again();
        else {
          isFirst = false;
          undecided = new Map(left.map((key) => [keyOf(key), key]));
        }
        return { report, refused };
      } catch (error) {
        again();
        throw error;
      }
    },
  };
}
