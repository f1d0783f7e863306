import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import type { Event as KeyEvent } from "../../../gen/etcd/kv_pb.js";
import type { WatchRequestSchema, WatchResponse } from "../../../gen/etcd/rpc_pb.js";
import type { EtcdClient } from "./client.ts";
import type { Endpoint } from "./endpoint.ts";
import { EtcdError } from "./etcd-error.ts";
import type { KeyRange } from "./keys.ts";

export type { KeyEvent };

/** What a watch tells. Nothing of it may throw. */
export interface WatchListener {
  /** All that happened at one or more revisions, in order; never a part of a revision, never twice. */
  events(events: readonly KeyEvent[], revision: bigint): void;
  /** What comes next is no longer known to etcd. The watch has ended: read anew, and watch from there. */
  compacted(): void;
  /** Whether etcd answers; told when it changes, at first of that it does. */
  reachable(isReachable: boolean, why: string | undefined): void;
}

/** What to watch. */
export interface WatchOptions {
  readonly range: KeyRange;
  /** The revision of etcd that is known already. */
  readonly after: bigint;
  readonly listener: WatchListener;
  /** Whether it was last told that etcd answers. Default `false`. */
  readonly isReachable?: boolean;
}

/** How often etcd is asked whether it is still there, ms. */
const HEARTBEAT_MS = 1_000;
/** Silence after which the connection is tried by a read, ms; if that fails too, it is given up. */
const SILENCE_MS = 2_500;
/** How long a watch may be without etcd until that is told, ms: an election of etcd's takes one to two seconds. */
const UNREACHABLE_MS = 4_000;
/** Between attempts, ms. */
const PAUSE_MS = 150;
/** Bytes of one revision that comes in parts, at most; more are read anew. */
const MAX_REVISION_BYTES = 32 * 1024 * 1024;

/**
 * Tells what happens to keys, across any number of broken connections.
 *
 * @returns the function that ends it
 */
export function watchRange(
  client: EtcdClient,
  { range, after, listener, isReachable = false }: WatchOptions,
): () => void {
  const ending = new AbortController();
  let known = after;
  let told = isReachable;
  let heardAt = performance.now();

  const answered = (): void => {
    heardAt = performance.now();
    if (told) return;
    told = true;
    listener.reachable(true, undefined);
  };
  const failed = (why: string): void => {
    if (!told || performance.now() - heardAt < UNREACHABLE_MS) return;
    told = false;
    listener.reachable(false, why);
  };
  const take = (events: readonly KeyEvent[], revision: bigint): void => {
    // After a broken connection etcd begins behind what is known; what it may tell again is left out all the same.
    const fresh = events.filter(({ kv }) => kv!.modRevision > known);
    if (fresh.length === 0 || ending.signal.aborted) return;
    known = fresh.at(-1)!.kv!.modRevision;
    listener.events(fresh, revision);
  };

  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const stream = (endpoint: Endpoint, options: CallOptions) =>
        watchOnce(endpoint, options, { range, startRevision: known + 1n, answered, take });
      try {
        await client.attempt("watching", stream, ending.signal);
      } catch (error) {
        if (ending.signal.aborted) return;
        if ((error as EtcdError).etcdKind === "compacted") return listener.compacted();
        failed((error as Error).message);
      }
      await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  void run();
  return () => ending.abort();
}

interface OneWatch {
  readonly range: KeyRange;
  readonly startRevision: bigint;
  readonly answered: () => void;
  readonly take: (events: readonly KeyEvent[], revision: bigint) => void;
}

/** Watches by one connection until that breaks; always throws. */
async function watchOnce(endpoint: Endpoint, options: CallOptions, one: OneWatch): Promise<never> {
  const { range, startRevision, answered, take } = one;
  const requests = openRequests();
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal!, broken.signal]);
  requests.send({ case: "createRequest", value: { ...range, startRevision, fragment: true, progressNotify: true } });
  const startedAt = performance.now();
  endpoint.heardAt = Math.max(endpoint.heardAt, startedAt - SILENCE_MS);
  let heardAt = startedAt;
  const heartbeat = setInterval(() => {
    requests.send({ case: "progressRequest", value: {} });
    if (performance.now() - heardAt < SILENCE_MS) return;
    // Some versions leave questions for progress unanswered: a read tells if etcd is there.
    const probe = { key: range.key, countOnly: true };
    const { headers } = options;
    endpoint.kv.range(probe, { ...(headers && { headers }), signal, timeoutMs: SILENCE_MS }).then(
      () => {
        heardAt = performance.now();
        endpoint.heardAt = heardAt;
        answered();
      },
      () => {
        endpoint.disconnect("nothing comes from it any more");
        broken.abort();
      },
    );
  }, HEARTBEAT_MS);
  let parts: KeyEvent[] = [];
  let bytes = 0;
  try {
    for await (const response of endpoint.watch.watch(requests.all(), { ...options, signal })) {
      heardAt = performance.now();
      endpoint.heardAt = heardAt;
      if (response.canceled) throw cancellation(response, endpoint.name);
      answered();
      if (response.events.length === 0) continue;
      parts = parts.length === 0 ? response.events : [...parts, ...response.events];
      for (const { kv } of response.events) bytes += kv!.value.length;
      if (response.fragment && bytes < MAX_REVISION_BYTES) continue;
      take(response.fragment ? wholeRevisions(parts) : parts, response.header!.revision);
      parts = response.fragment ? parts.filter(({ kv }) => kv!.modRevision === parts.at(-1)!.kv!.modRevision) : [];
      bytes = 0;
    }
  } finally {
    clearInterval(heartbeat);
    requests.end();
  }
  throw new EtcdError("unknown", `etcd at ${endpoint.name}: watching: it ended the watch: it may be stopping`);
}

/** Without the last revision, of which more may come. */
function wholeRevisions(events: readonly KeyEvent[]): readonly KeyEvent[] {
  const last = events.at(-1)!.kv!.modRevision;
  return events.filter(({ kv }) => kv!.modRevision < last);
}

function cancellation({ compactRevision, cancelReason }: WatchResponse, endpoint: string): EtcdError {
  const where = `etcd at ${endpoint}: watching`;
  if (compactRevision > 0n) return new EtcdError("compacted", `${where}: compacted at ${compactRevision}: read anew`);
  // A token that ran out looks like this too, in etcd 3.4.
  if (/permission denied|auth token/.test(cancelReason)) {
    return new EtcdError("token", `${where}: ${cancelReason}: grant the user's role readwrite on the prefix`);
  }
  return new EtcdError("unknown", `${where}: ended by etcd: ${cancelReason}: check that etcd has a majority`);
}

type WatchInit = NonNullable<MessageInitShape<typeof WatchRequestSchema>["requestUnion"]>;

/** Requests that are made one by one while the stream is open. Few: each question is dropped while one waits. */
function openRequests() {
  const waiting: WatchInit[] = [];
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  return {
    send(requestUnion: WatchInit): void {
      if (waiting.length > 0) return;
      waiting.push(requestUnion);
      wake.resolve();
    },
    end(): void {
      isOver = true;
      wake.resolve();
    },
    async *all() {
      while (!isOver) {
        await wake.promise;
        wake = Promise.withResolvers<void>();
        for (let next = waiting.shift(); next; next = waiting.shift()) yield { requestUnion: next };
      }
    },
  };
}
