import type { CommitRecord } from "./commit-log.ts";
import type { Commit, GroupDelta, HistoryRange, StoreState } from "./store.ts";

/** The newest commits, in memory: for watchers that begin at an older revision, and as the history of a store without a log. */
export interface RecentCommits {
  /** Every commit after a revision, oldest first; `undefined`: it is older than is remembered. */
  after(revision: number): readonly Commit[] | undefined;
  /** Newest first. */
  records(range: HistoryRange): readonly CommitRecord[];
  /** The state right after a revision; `undefined`: it is older than is remembered. */
  stateAt(revision: number): StoreState | undefined;
  remember(commit: Commit, record: CommitRecord): void;
  /** Forgets all, since steps are missing: what follows comes after this state. */
  restart(state: StoreState): void;
}

/** Remembers commits that hold at most so many resources together, from a state on. */
export function rememberCommits(start: StoreState, maxResources: number): RecentCommits {
  const remembered: { readonly commit: Commit; readonly record: CommitRecord; readonly size: number }[] = [];
  let resources = 0;
  let floor = start; // all that came after it is remembered
  return {
    after(revision) {
      if (revision < floor.revision) return undefined;
      return remembered.filter(({ commit }) => commit.revision > revision).map(({ commit }) => commit);
    },
    records({ from, to, limit }) {
      const within = remembered.filter(({ record }) => record.revision >= from && record.revision <= to);
      return within
        .reverse()
        .slice(0, limit)
        .map(({ record }) => record);
    },
    stateAt(revision) {
      if (revision < floor.revision) return undefined;
      return remembered.findLast(({ commit }) => commit.revision <= revision)?.commit.state ?? floor;
    },
    remember(commit, record) {
      const size = sizeOf(commit);
      remembered.push({ commit, record, size });
      resources += size;
      while (resources > maxResources && remembered.length > 0) {
        const forgotten = remembered.shift()!;
        resources -= forgotten.size;
        floor = forgotten.commit.state;
      }
    },
    restart(state) {
      remembered.length = 0;
      resources = 0;
      floor = state;
    },
  };
}

function sizeOf({ groups, documents }: Commit): number {
  return [...groups.values()].reduce((sum, delta) => sum + deltaSize(delta), 1 + documents.size);
}

function deltaSize(delta: GroupDelta): number {
  return delta.kind === "deleted" ? 1 : delta.upsert.length + delta.remove.length;
}
