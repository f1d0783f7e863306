import { emptyMap } from "@fairlead/xds";
import { FairleadError } from "../errors.ts";
import { applyChanges } from "./apply.ts";
import type {
  Change,
  Commit,
  CommitOptions,
  CommitResult,
  GroupDelta,
  Store,
  StoreEvent,
  StoreState,
} from "./store.ts";

/** Settings of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
  /** The last revision that was used before this process: revisions begin after it. Default 0. */
  readonly lastRevision?: number;
  /** Resources in remembered commits, which lets watchers begin at an older revision. Default 1,000, since it holds them in memory. */
  readonly maxHistoryResources?: number;
  /** Told of what a watcher throws, which is a defect of the watcher's. Default: a warning of the process. */
  readonly onFault?: (error: unknown) => void;
}

type Listener = (event: StoreEvent) => void;

/**
 * A store in memory: it forgets everything with the process.
 *
 * Revisions follow the clock in milliseconds (one more than the last, if that is later), so that a restarted process
 * does not use one again.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { now = Date.now, lastRevision = 0, maxHistoryResources = 1_000, onFault = warnOfFault } = options;
  const listeners = new Set<Listener>();
  const history: Commit[] = [];
  let historyResources = 0;
  let state: StoreState = { revision: Math.max(now(), lastRevision), groups: emptyMap() };
  let floor = state.revision; // the history tells all that came after
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  const apply = (changes: readonly Change[], { expectedRevision, reason }: CommitOptions): CommitResult => {
    if (isClosed)
      throw new FairleadError("store-closed", "the store is closed: the process is ending, try another replica");
    if (expectedRevision !== undefined && expectedRevision !== state.revision) {
      throw new FairleadError(
        "revision-conflict",
        `expected revision ${expectedRevision}, the store is at ${state.revision}: read again and decide anew`,
      );
    }
    const committedAtMs = now();
    const applied = applyChanges(state, changes, Math.max(state.revision + 1, committedAtMs));
    state = applied.state;
    if (applied.groups.size === 0) return { revision: state.revision, changed: false, state };
    const effective = changes.filter(({ group }) => applied.groups.has(group));
    const owners = [...new Set(effective.map(({ owner }) => owner))];
    const commit: Commit = { revision: state.revision, committedAtMs, owners, reason, groups: applied.groups, state };
    remember(commit);
    for (const listener of [...listeners]) tell(listener, { kind: "commit", commit });
    return { revision: state.revision, changed: true, state };
  };

  /** A watcher that throws must keep neither the commit from being made nor the others from hearing of it. */
  const tell = (listener: Listener, event: StoreEvent): void => {
    try {
      listener(event);
    } catch (error) {
      onFault(error);
    }
  };

  const remember = (commit: Commit) => {
    history.push(commit);
    historyResources += sizeOf(commit);
    while (historyResources > maxHistoryResources && history.length > 0) {
      const forgotten = history.shift()!;
      historyResources -= sizeOf(forgotten);
      floor = forgotten.revision;
    }
  };

  return {
    state: () => state,
    commit(changes, commitOptions = {}) {
      // One after the other, and never within a listener: each hears commits in their order.
      const result = last.then(() => apply(changes, commitOptions));
      last = result.catch(() => {});
      return result;
    },
    watch(revision, listener) {
      const missed = history.filter((commit) => commit.revision > revision);
      listeners.add(listener);
      if (revision < floor) tell(listener, { kind: "state", state });
      else for (const commit of missed) tell(listener, { kind: "commit", commit });
      return () => listeners.delete(listener);
    },
    async close() {
      await last;
      isClosed = true;
      listeners.clear();
    },
  };
}

function warnOfFault(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

function sizeOf(commit: Commit): number {
  return [...commit.groups.values()].reduce((sum, delta) => sum + deltaSize(delta), 1);
}

function deltaSize(delta: GroupDelta): number {
  return delta.kind === "deleted" ? 1 : delta.upsert.length + delta.remove.length;
}
