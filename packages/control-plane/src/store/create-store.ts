import { FairleadError } from "../errors.ts";
import { deriveAnew } from "./apply.ts";
import { storeChannel } from "./channels.ts";
import { createCheckpoints } from "./checkpoints.ts";
import type { CommitLog, CommitRecord, LogListener, Recovered } from "./commit-log.ts";
import { createCommitQueue, type WaitingCommit } from "./commit-queue.ts";
import { type MadeCommit, makeCommit, redoCommit } from "./make-commit.ts";
import { rememberCommits } from "./recent-commits.ts";
import {
  type Commit,
  type CommitResult,
  type Derive,
  EMPTY_STATE,
  type Store,
  type StoreEvent,
  type StoreState,
} from "./store.ts";

/** Settings of {@link createStore} and {@link openStore}. */
export interface StoreOptions {
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
  /** The last revision that was used before this process: revisions begin after it. Default 0. */
  readonly lastRevision?: number;
  /** Resources in remembered commits, which lets watchers begin at an older revision. Default 1,000, since it holds them in memory. */
  readonly maxHistoryResources?: number;
  /** Makes resources of documents. Default: nothing is made of them. */
  readonly derive?: Derive | undefined;
  /** Told of what a watcher throws, which is a defect of the watcher's. Default: a warning of the process. */
  readonly onFault?: (error: unknown) => void;
  /** Commits that may wait to be made durable; more are refused with `store-overloaded`. Default 10,000. */
  readonly maxWaiting?: number;
  /** Bytes of resources in commits that wait, at most. Default 128 MiB. */
  readonly maxWaitingBytes?: number;
}

/** How often a commit is made anew because others committed to a shared log first; somebody always gets on. */
const MAX_ATTEMPTS = 20;

/** Commits that become durable together, at most: what a function judges costs what the batch changed before it. */
const MAX_BATCH = 64;

/** How long records that are announced by `behind` may take to come, ms. */
const NEWS_MS = 10_000;

/**
 * A store in memory: it forgets everything with the process.
 *
 * Revisions follow the clock in milliseconds (one more than the last, if that is later), so that a restarted process
 * does not use one again.
 */
export function createStore(options: StoreOptions = {}): Store {
  const { now = Date.now, lastRevision = 0 } = options;
  return runStore({ ...EMPTY_STATE, revision: Math.max(now(), lastRevision) }, undefined, options).store;
}

/**
 * A store whose commits a log keeps: it begins with what the log holds, and each commit is durable before anybody hears of it.
 *
 * @throws FairleadError `store-unusable`, `store-unavailable`
 */
export async function openStore(log: CommitLog, options: StoreOptions = {}): Promise<Store> {
  const early: ((listener: LogListener) => void)[] = [];
  let late: LogListener | undefined;
  const tell = (what: (listener: LogListener) => void) => (late ? what(late) : void early.push(what));
  const opening = log.open({
    appended: (records) => tell((listener) => listener.appended(records)),
    restarted: (whole) => tell((listener) => listener.restarted(whole)),
    reachable: (isReachable, why) => tell((listener) => listener.reachable(isReachable, why)),
  });
  const recovered = await opening.catch(async (error: unknown) => {
    await log.close().catch(() => {}); // why it was not opened says more
    throw error;
  });
  const records = [...recovered.records];
  const state = recover({ ...recovered, records }, options);
  const running = runStore(state, log, options, records);
  late = running.listener;
  for (const what of early) what(late);
  return running.store;
}

/** The state that a log's content makes. */
function recover({ checkpoint, records }: Recovered, options: StoreOptions): StoreState {
  const { derive, onFault = warnOfFault } = options;
  let state = checkpoint ? deriveAnew(checkpoint.state, derive) : EMPTY_STATE;
  for (const record of records) {
    try {
      state = redoCommit(state, record, derive).state;
    } catch (error) {
      onFault(error); // whoever made it held a state that this code cannot: better all but it than nothing
      state = { ...state, revision: record.revision };
    }
  }
  return state;
}

type Watcher = (event: StoreEvent) => void;

/** What a log told, until it is taken in: never while an append is under way, whose records may come before it. */
type News =
  | { readonly kind: "records"; readonly records: readonly CommitRecord[] }
  | { readonly kind: "restarted"; readonly recovered: Recovered };

function runStore(
  start: StoreState,
  log: CommitLog | undefined,
  options: StoreOptions,
  recovered: readonly CommitRecord[] = [],
) {
  const { now = Date.now, lastRevision = 0, maxHistoryResources = 1_000, derive, onFault = warnOfFault } = options;
  const { maxWaiting = 10_000, maxWaitingBytes = 128 * 1024 * 1024 } = options;
  const name = log?.name ?? "memory";
  const watchers = new Set<Watcher>();
  const recent = rememberCommits(start, maxHistoryResources);
  const queue = createCommitQueue({ maxWaiting, maxWaitingBytes });
  const checkpoints = log && createCheckpoints(log, recovered);
  let state = start;
  /** The last record of the log; the revision of a store in memory begins without one. */
  let logged = log ? start.revision : 0;
  let news: News[] = [];
  let newsCame = () => {};
  let making: readonly WaitingCommit[] = [];
  let running: Promise<void> | undefined;
  let isClosing = false;
  let isReachable = true;
  let trouble: { readonly error: Error; readonly sinceMs: number } | undefined;

  /** A watcher that throws must keep neither the commit from being made nor the others from hearing of it. */
  const tell = (event: StoreEvent): void => {
    for (const watcher of [...watchers]) tellOne(watcher, event);
  };
  const tellOne = (watcher: Watcher, event: StoreEvent): void => {
    try {
      watcher(event);
    } catch (error) {
      onFault(error);
    }
  };

  const publish = (commit: Commit, record: CommitRecord): void => {
    state = commit.state;
    logged = commit.revision;
    recent.remember(commit, record);
    tell({ kind: "commit", commit });
  };

  const fail = (error: Error): void => {
    if (trouble) return;
    trouble = { error, sinceMs: performance.now() };
    storeChannel("fairlead:store:trouble").publish({ store: name, error });
  };
  const endTrouble = (): void => {
    if (!trouble) return;
    const troubledMs = performance.now() - trouble.sinceMs;
    trouble = undefined;
    storeChannel("fairlead:store:recovered").publish({ store: name, troubledMs });
  };

  const takeInRecords = (records: readonly CommitRecord[]): void => {
    for (const record of records) {
      if (record.revision <= logged) continue;
      try {
        publish(redoCommit(state, record, derive), record);
      } catch (error) {
        logged = record.revision; // as when it is recovered
        onFault(error);
      }
    }
    checkpoints?.count(records);
  };
  const takeInAll = (recovered: Recovered): void => {
    const whole = recover(recovered, options);
    if (whole.revision <= logged) return; // read before the append that was made durable since
    state = whole;
    logged = state.revision;
    recent.restart(state);
    tell({ kind: "state", state });
  };
  const takeInNews = (): void => {
    while (news.length > 0) {
      const taken = news;
      news = [];
      for (const item of taken) {
        if (item.kind === "records") takeInRecords(item.records);
        else takeInAll(item.recovered);
      }
    }
  };

  const makeOne = (before: StoreState, { changes, options }: WaitingCommit): MadeCommit => {
    const { expectedRevision, author, reason } = options;
    if (expectedRevision !== undefined && expectedRevision !== before.revision) {
      throw new FairleadError(
        "revision-conflict",
        `expected revision ${expectedRevision}, the store is at ${before.revision}: read again and decide anew`,
      );
    }
    const committedAtMs = now();
    const revision = Math.max(before.revision + 1, logged + 1, lastRevision + 1, committedAtMs);
    const wanted = typeof changes === "function" ? changes(before) : changes;
    return makeCommit(before, wanted, { revision, committedAtMs, author, reason }, derive);
  };

  /** Makes commits one after the other on the present state; nobody sees any of it yet. */
  const makeAll = (batch: readonly WaitingCommit[]): readonly Outcome[] => {
    let pending = state;
    return batch.map((waiting): Outcome => {
      try {
        const made = makeOne(pending, waiting);
        pending = made.state;
        return { waiting, made };
      } catch (error) {
        return { waiting, error };
      }
    });
  };

  const settle = (outcomes: readonly Outcome[]): void => {
    for (const outcome of outcomes) {
      const { waiting } = outcome;
      if ("error" in outcome) {
        waiting.reject(outcome.error);
        continue;
      }
      const { made, passedOver } = outcome.made;
      if (made) publish(made.commit, made.record);
      else state = outcome.made.state;
      const { revision } = state;
      waiting.resolve({ revision, changed: made !== undefined, state, passedOver });
    }
  };

  /** Makes a batch durable, then visible: all of it or nothing. */
  const store = async (batch: readonly WaitingCommit[]): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      const outcomes = makeAll(batch);
      const records = outcomes.flatMap((outcome) => ("made" in outcome && outcome.made.made?.record) || []);
      if (!log || records.length === 0) return settle(outcomes);
      try {
        const startedAt = performance.now();
        if ((await log.append(records, logged)) === "appended") {
          const tookMs = performance.now() - startedAt;
          storeChannel("fairlead:store:appended").publish({ store: name, commits: records.length, tookMs });
          endTrouble();
          settle(outcomes);
          if (checkpoints?.count(records)) checkpoints.keep(state, records.at(-1)!.committedAtMs);
          return;
        }
        await newsOf(attempt);
      } catch (error) {
        fail(error as Error);
        for (const outcome of outcomes) outcome.waiting.reject("error" in outcome ? outcome.error : error);
        return;
      }
      takeInNews();
    }
  };

  /** Waits for the records that are before ours. */
  const newsOf = async (attempt: number): Promise<void> => {
    if (attempt === MAX_ATTEMPTS) {
      const message = `others committed to ${name} first, ${MAX_ATTEMPTS} times: ask again`;
      throw new FairleadError("store-unavailable", message);
    }
    if (news.length > 0) return;
    const came = Promise.withResolvers<void>();
    newsCame = came.resolve;
    const timer = setTimeout(() => {
      const message = `${name} has newer commits, and has not told of them in ${NEWS_MS} ms: ask again`;
      came.reject(new FairleadError("store-unavailable", message));
    }, NEWS_MS);
    try {
      await came.promise;
    } finally {
      clearTimeout(timer);
      newsCame = () => {};
    }
  };

  const run = async (): Promise<void> => {
    await null; // never within a watcher: each hears commits in their order
    for (;;) {
      takeInNews();
      making = queue.take(log ? MAX_BATCH : 1);
      if (making.length === 0) break;
      await store(making);
    }
    running = undefined;
  };
  const wake = (): void => {
    running ??= run();
  };

  const hear = (item: News): void => {
    news.push(item);
    newsCame();
    wake();
  };
  const listener: LogListener = {
    appended: (records) => hear({ kind: "records", records }),
    restarted: (recovered) => hear({ kind: "restarted", recovered }),
    reachable(reached, why) {
      isReachable = reached;
      if (reached) endTrouble();
      else fail(new FairleadError("store-unavailable", why ?? `${name} cannot be reached`));
    },
  };

  const result: Store = {
    derive,
    state: () => state,
    async commit(changes, commitOptions = {}): Promise<CommitResult> {
      if (isClosing)
        throw new FairleadError("store-closed", "the store is closed: the process is ending, try another replica");
      const committed = queue.add(changes, commitOptions);
      wake();
      return committed;
    },
    watch(revision, watcher) {
      const missed = recent.after(revision);
      watchers.add(watcher);
      if (missed) for (const commit of missed) tellOne(watcher, { kind: "commit", commit });
      else tellOne(watcher, { kind: "state", state });
      return () => watchers.delete(watcher);
    },
    history: async (range) => (log ? log.read(range) : recent.records(range)),
    async stateAt(revision) {
      if (revision >= state.revision) return revision === state.revision ? state : undefined;
      const known = recent.stateAt(revision);
      if (known || !log) return known;
      const checkpoint = await log.checkpointBefore(revision);
      const from = (checkpoint?.state.revision ?? 0) + 1;
      const records = await log.read({ from, to: revision, limit: Number.MAX_SAFE_INTEGER });
      // Retention takes records only with the checkpoint before them: it may have done so between the two reads.
      const kept = await log.checkpointBefore(revision);
      if (kept?.state.revision !== checkpoint?.state.revision) return kept && result.stateAt(revision);
      // A log that never kept one has every record that there ever was.
      if (!checkpoint && (await log.checkpointBefore(state.revision))) return undefined;
      return recover({ checkpoint, records: records.toReversed() }, options);
    },
    status: () => ({
      name,
      isDurable: log !== undefined,
      isShared: log?.isShared ?? false,
      isReachable,
      trouble: trouble?.error.message,
      troubledSinceMs: trouble && Math.round(performance.timeOrigin + trouble.sinceMs),
      waiting: queue.size + (running ? making.length : 0),
    }),
    async close() {
      isClosing = true;
      while (running) await running;
      watchers.clear();
      await checkpoints?.settled();
      await log?.close();
    },
  };
  return { store: result, listener };
}

/** What became of a commit that was made on a state that nobody has seen. */
type Outcome =
  | { readonly waiting: WaitingCommit; readonly made: MadeCommit }
  | { readonly waiting: WaitingCommit; readonly error: unknown };

function warnOfFault(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
