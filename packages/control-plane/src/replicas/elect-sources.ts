import { setTimeout as delay } from "node:timers/promises";
import { FairleadError } from "../errors.ts";
import type { Source, SourceStatus } from "../sources/source.ts";
import type { Document, Json, Store, StoreState } from "../store/store.ts";
import type { Election } from "./election.ts";
import type { Leadership } from "./leadership.ts";

/** Settings of {@link electSources}. */
export interface ElectSourcesOptions {
  /** Makes all sources, not started; called anew for each turn. */
  readonly make: () => readonly Source[];
  readonly store: Store;
  /** The id of this replica. */
  readonly replica: string;
  /** Whose turn it is. */
  readonly election: Pick<Election, "watch">;
  /** Taken at the begin of each turn; sources commit by it. */
  readonly leadership: Leadership;
  /** Told of what is wrong but stops nothing. */
  readonly onFault: (error: unknown) => void;
}

/** After a failure to take the turn, or to say that a source has loaded, the next attempt, ms. */
const RETRY_MS = 1_000;
/** The most groups without a good state that a source's document names. */
const MAX_UNSERVED = 1_000;

/** What `sources/<name>` says, once the source was loaded by some replica. */
interface Told {
  /** The replica that runs it. */
  readonly replica: string;
  /** Groups that it defines and of which there was no good state yet: their nodes are nobody else's. */
  readonly unserved: readonly string[];
}

/**
 * Sources that run on one replica at a time, whichever's turn it is. The others have loaded them as soon as some replica
 * has: what a source yields is in the store, and a document there says that it is.
 */
export function electSources(options: ElectSourcesOptions): readonly Source[] {
  const { make, store, replica, election, leadership, onFault } = options;
  let sources: readonly Source[] | undefined = make();
  let isMine = false;
  let isRunning = false;
  /** The sources that were started, in the present term. */
  let started: readonly Source[] | undefined;
  let isClosed = false;
  let groupsChanged = () => {};
  let changing: Promise<void> = Promise.resolve();
  const names = sources.map(({ name }) => name);
  const loaded = names.map(() => Promise.withResolvers<void>());
  const ended: (() => void)[] = [];

  /** One turn begins when the one before it has ended. */
  const takeTurn = (mine: boolean) => {
    isMine = mine;
    changing = changing.then(change).catch(onFault);
  };
  const change = async () => {
    const runs = isMine && !isClosed;
    if (runs === isRunning) return;
    isRunning = runs;
    if (runs) begin();
    else await end();
  };
  const begin = () => {
    sources ??= make();
    const ours = sources;
    void lead(ours, () => sources !== ours || isClosed);
  };
  /** No source reads anything before the term has begun: what it reads later than that is newer than all that others have committed. */
  const lead = async (ours: readonly Source[], isOver: () => boolean): Promise<void> => {
    if (!(await retry(() => leadership.take(), isOver)) || isOver()) return;
    started = ours;
    for (const [index, source] of ours.entries()) {
      source
        .start(() => {
          if (isOver()) return;
          groupsChanged();
          if (source.status().isLoaded) void tell(index, source, isOver);
        })
        .then(() => tell(index, source, isOver))
        .catch(onFault);
    }
    lookAtTerm(store.state());
  };
  const end = async () => {
    const ours = sources ?? [];
    sources = undefined;
    const results = await Promise.allSettled(ours.map((source) => source.close()));
    for (const result of results) if (result.status === "rejected") onFault(result.reason);
  };

  /** Says in the store that a source has loaded, until that is kept. */
  const tell = async (index: number, source: Source, isOver: () => boolean): Promise<void> => {
    const say = () =>
      store.commit(
        (state) => {
          leadership.assertMayCommit(state);
          const told: Told = { replica, unserved: unservedOf(source.status()) };
          return [{ kind: "document", key: sourceDocumentKey(source.name), value: told as unknown as Json }];
        },
        { author: source.name },
      );
    if (await retry(say, isOver)) loaded[index]!.resolve();
  };
  /** Tries until it is done (`true`) or the turn is over. */
  const retry = async (work: () => Promise<unknown>, isOver: () => boolean): Promise<boolean> => {
    while (!isOver()) {
      try {
        await work();
        return true;
      } catch (error) {
        const isPassing = error instanceof FairleadError && error.code === "revision-conflict";
        if (store.status().isReachable && !isPassing) onFault(error);
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
    return false;
  };

  const toldOf = (index: number): Told | undefined => {
    const document: Document | undefined = store.state().documents.get(sourceDocumentKey(names[index]!));
    return document?.value as unknown as Told | undefined;
  };
  const look = () => {
    for (const [index, { resolve }] of loaded.entries()) if (toldOf(index)) resolve();
  };
  const keys = new Set(names.map(sourceDocumentKey));
  let starting = false;
  /** The term is another's, or gone with what was restored, while this one is elected still: its turn begins anew. */
  const lookAtTerm = (state: StoreState) => {
    if (!isMine || started === undefined || started !== sources || leadership.mayCommit(state)) return;
    started = undefined;
    changing = changing
      .then(end)
      .then(() => {
        isRunning = false;
        return change();
      })
      .catch(onFault);
  };
  const startAll = () => {
    if (starting) return;
    starting = true;
    look();
    const unwatch = store.watch(store.state().revision, (event) => {
      lookAtTerm(event.kind === "state" ? event.state : event.commit.state);
      const isTold = event.kind === "state" || !event.commit.documents.isDisjointFrom(keys);
      if (!isTold) return;
      look();
      groupsChanged();
    });
    ended.push(unwatch, election.watch(takeTurn));
  };
  const closeAll = async () => {
    isClosed = true;
    for (const stop of ended.splice(0)) stop();
    await changing;
    isRunning = false;
    await end();
    for (const { resolve } of loaded) resolve();
  };

  return names.map((name, index) => ({
    name,
    async start(changed = () => {}) {
      groupsChanged = changed;
      startAll();
      await loaded[index]!.promise;
    },
    close: closeAll,
    async reread() {
      if (isRunning) await sources?.[index]?.reread?.();
    },
    status: () => {
      const isLoaded = toldOf(index) !== undefined;
      const own = isRunning ? sources?.[index]?.status() : undefined;
      if (own) return { ...own, isLoaded: isLoaded || own.isLoaded };
      return { name, isLoaded, faults: [], faultyGroups: new Map() };
    },
    hasGroup: (group) => {
      const own = isRunning ? sources?.[index]?.hasGroup(group) : undefined;
      return own ?? toldOf(index)?.unserved.includes(group) ?? false;
    },
  }));
}

/** The document that says that a source was loaded. */
export function sourceDocumentKey(name: string): string {
  return `sources/${name}`;
}

function unservedOf({ faultyGroups }: SourceStatus): string[] {
  return [...faultyGroups]
    .filter(([, { isServed }]) => !isServed)
    .map(([group]) => group)
    .sort()
    .slice(0, MAX_UNSERVED);
}
