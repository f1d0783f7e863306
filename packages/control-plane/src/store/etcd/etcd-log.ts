import { setTimeout as sleep } from "node:timers/promises";
import { Event_EventType } from "../../../gen/etcd/kv_pb.js";
import { FairleadError } from "../../errors.ts";
import type { CommitLog, LogListener, Recovered, Retention } from "../commit-log.ts";
import { appendBatch, createIds, UnknownAppend } from "./append.ts";
import { type Head, headOf, NO_HEAD } from "./batch.ts";
import type { EtcdClient, KeyValue } from "./client.ts";
import { EtcdError } from "./etcd-error.ts";
import { keepCheckpoint } from "./keep-checkpoint.ts";
import { keyText } from "./keys.ts";
import { logKeys, revisionIn } from "./log-keys.ts";
import {
  type ReadBatch,
  readBatch,
  readCheckpointBefore,
  readRecords,
  readSince,
  readWhole,
  type WholeLog,
} from "./read-log.ts";
import { watchRange } from "./watch.ts";

/** Options of {@link createEtcdLog}. */
export interface EtcdLogOptions {
  /** What its keys begin with, without a slash at the end. */
  readonly prefix: string;
  readonly retention?: Partial<Retention>;
  /** How long an append may take with all its attempts, ms. Default 8,000. */
  readonly appendTimeoutMs?: number;
}

const APPEND_TIMEOUT_MS = 8_000;
/** Between attempts to read, ms. */
const PAUSE_MS = 500;
/** Batches that wait to be told, at most: past that they are read anew. */
const MAX_WAITING = 1_000;
/** Appends whose fate is not known that are remembered, at most: each took all the time that an append has. */
const MAX_DOUBTFUL = 1_000;

/**
 * Commits in etcd, for any number of processes. Each append is one transaction that compares the head of the log; who is not told
 * in time what became of it asks again in a way that fences the first attempt off. The client remains the caller's.
 *
 * `open` waits for etcd for as long as it takes, and tells why.
 */
export function createEtcdLog(client: EtcdClient, options: EtcdLogOptions): CommitLog {
  const { prefix, retention, appendTimeoutMs = APPEND_TIMEOUT_MS } = options;
  const kept: Retention = { maxRecords: 10_000, maxBytes: 256 * 1024 * 1024, ...retention };
  const place = { client, keys: logKeys(prefix) };
  const ids = createIds();
  const closing = new AbortController();
  let listener: LogListener;
  let head: Head = NO_HEAD;
  /** Up to which revision the log's records were taken from etcd, own ones too. */
  let told = 0;
  let trouble: string | undefined;
  /** Whether what was known is not there any more: nothing is appended until there is a log again, which is then read as a whole. */
  let isLost = false;
  let stopWatch = () => {};
  let append: { readonly id: string; readonly settled: Promise<unknown> } | undefined;
  /** Own appends whose fate was unknown to whoever asked. */
  const doubtful = new Set<string>();
  let waiting: KeyValue[] = [];
  let turn: Promise<void> = Promise.resolve();
  let isResuming = false;

  const tellReachable = (isReachable: boolean, why: string | undefined): void => {
    if (isLost || (isReachable && trouble === undefined) || (!isReachable && trouble === why)) return;
    trouble = isReachable ? undefined : (why ?? `${client.name} does not answer`);
    listener.reachable(isReachable, trouble);
  };
  /** Somebody removed the keys: what hangs on them is not made anew by whoever happens to write next. */
  const lose = (): void => {
    if (isLost) return;
    isLost = true;
    if (trouble !== undefined) listener.reachable(true, undefined); // it does answer
    trouble = lostMessage(client.name, prefix);
    listener.reachable(false, trouble);
  };
  /** Whether it is the log that is known, as far as one is. */
  const isKnown = ({ createRevision }: Head): boolean =>
    !isLost && (head.createRevision === 0n || createRevision === head.createRevision);
  const learn = (newer: Head): void => {
    if (newer.modRevision > head.modRevision) head = newer;
  };

  /** Whether a batch is news to the store: its own appends are not, unless their fate was unknown. Waits for one under way. */
  const isNews = async (id: string): Promise<boolean> => {
    if (!ids.mine(id)) return true;
    if (append?.id === id) await append.settled;
    return doubtful.delete(id);
  };
  const tell = async ({ batch, records }: ReadBatch): Promise<void> => {
    const last = batch.revisions.at(-1)!;
    if (last <= told) return;
    const isToBeTold = await isNews(batch.id);
    told = last;
    if (isToBeTold && !closing.signal.aborted) listener.appended(records);
  };
  const tellWaiting = async (): Promise<void> => {
    try {
      for (let kv = waiting.shift(); kv; kv = waiting.shift()) {
        if ((revisionIn(keyText(kv.key)) ?? 0) > told) await tell(await readBatch(place, kv));
      }
    } catch {
      // Its chunks may be gone, or etcd: all since what was told is read again.
      readAgain();
    }
  };
  /** What is told is told one after the other. */
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn.then(work);
  };
  const readAgain = (): void => {
    if (isResuming || closing.signal.aborted) return;
    isResuming = true;
    stopWatch();
    waiting = [];
    inTurn(resume);
  };

  const watchFrom = (after: bigint): (() => void) =>
    watchRange(client, {
      range: place.keys.watched,
      after,
      isReachable: trouble === undefined,
      listener: {
        events(events) {
          for (const { type, kv } of events) {
            const isHead = keyText(kv!.key) === place.keys.head;
            if (type === Event_EventType.Delete) {
              if (isHead) lose();
              continue;
            }
            if (isHead && !isKnown(headOf(kv))) return readAgain();
            if (isHead) learn(headOf(kv));
            else if (!isLost && waiting.push(kv!) === 1) inTurn(tellWaiting);
          }
          if (waiting.length > MAX_WAITING) readAgain();
        },
        compacted: readAgain,
        reachable: tellReachable,
      },
    });

  /** Repeats what reads until it succeeds or the log is closed; damage is no passing trouble. */
  const untilRead = async <T>(read: () => Promise<T>, isFatal: (error: FairleadError) => boolean): Promise<T> => {
    for (;;) {
      try {
        const result = await read();
        tellReachable(true, undefined);
        return result;
      } catch (thrown) {
        const error = thrown as FairleadError;
        if (closing.signal.aborted) throw new FairleadError("store-closed", `${client.name}: the store is closed`);
        if (isFatal(error)) throw error;
        if (!(error instanceof EtcdError && error.etcdKind === "compacted")) tellReachable(false, error.message);
      }
      await sleep(PAUSE_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  };

  const adopt = ({ head: newest, revision }: Pick<WholeLog, "head" | "revision">): void => {
    learn(newest);
    stopWatch = watchFrom(revision);
  };

  /** Whether what was read is no log, where one was known: then it is waited for another. */
  const isGone = ({ head: found, revision }: Pick<WholeLog, "head" | "revision">): boolean => {
    if (head.createRevision === 0n || found.createRevision > 0n) return false;
    lose();
    stopWatch = watchFrom(revision);
    return true;
  };

  /**
   * Goes on after a gap in what the watch told: with the records that are missing, or if they were forgotten, or are those of another log, with the
   * whole state.
   */
  const resume = async (): Promise<void> => {
    try {
      const since = await untilRead(
        () => readSince(place, told),
        () => false,
      );
      if (isGone(since)) return;
      if (isKnown(since.head) && since.floor <= told) {
        for (const batch of since.batches) await tell(batch);
        return adopt(since);
      }
      const whole = await untilRead(
        () => readWhole(place),
        () => false,
      );
      if (isGone(whole)) return;
      told = whole.head.revision;
      isLost = false;
      tellReachable(true, undefined);
      await append?.settled.catch(() => {});
      listener.restarted(recoveredFrom(whole));
      adopt(whole);
    } catch {
      // Closed.
    } finally {
      isResuming = false;
    }
  };

  return {
    name: client.name,
    isShared: true,
    async open(toTell) {
      listener = toTell;
      const isFatal = ({ code }: FairleadError) => code === "store-unusable";
      const whole = await untilRead(() => readWhole(place), isFatal);
      told = whole.head.revision;
      adopt(whole);
      return recoveredFrom(whole);
    },
    async append(records, after) {
      if (closing.signal.aborted) throw new FairleadError("store-closed", `${client.name}: the store is closed`);
      if (trouble !== undefined) {
        throw new FairleadError("store-unavailable", `the commit was not made: ${trouble}`);
      }
      if (head.revision > after) return "behind";
      const id = ids.next();
      const settled = appendBatch(place, records, { head, id, timeoutMs: appendTimeoutMs });
      append = {
        id,
        settled: settled.catch((error: unknown) => {
          if (error instanceof UnknownAppend) doubtful.add(id);
          if (doubtful.size > MAX_DOUBTFUL) doubtful.delete(doubtful.values().next().value!);
        }),
      };
      try {
        const outcome = await settled;
        if (outcome.kind === "behind" && outcome.head.createRevision === 0n) {
          lose();
          throw new FairleadError("store-unavailable", `the commit was not made: ${trouble}`);
        }
        if (isKnown(outcome.head)) learn(outcome.head);
        else readAgain();
        return outcome.kind;
      } finally {
        append = undefined;
      }
    },
    read: (range) => readRecords(place, range),
    checkpointBefore: (revision) => readCheckpointBefore(place, revision),
    async keepCheckpoint(checkpoint) {
      if (!isLost) await keepCheckpoint(place, checkpoint, kept);
    },
    async close() {
      closing.abort();
      stopWatch();
      await append?.settled;
      await turn;
    },
  };
}

function lostMessage(name: string, prefix: string): string {
  return (
    `${name}: all that was stored is gone: somebody removed the keys under ${prefix}. What was committed before is served on, from memory. ` +
    "To bring it back: `fairlead backup FILE` of a replica that still runs, then `fairlead restore FILE --store etcd://…`; no replica need be restarted"
  );
}

function recoveredFrom({ checkpoint, batches }: WholeLog): Recovered {
  return { checkpoint, records: batches.flatMap(({ records }) => records) };
}
