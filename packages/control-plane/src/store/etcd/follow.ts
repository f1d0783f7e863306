import { setTimeout as sleep } from "node:timers/promises";
import { Event_EventType } from "../../../gen/etcd/kv_pb.js";
import type { EtcdClient, KeyValue } from "./client.ts";
import type { EtcdError } from "./etcd-error.ts";
import { keysUnder, keyText } from "./keys.ts";
import { readPages } from "./read-pages.ts";
import { watchRange } from "./watch.ts";

/** What is told of keys that are followed. Nothing of it may throw. */
export interface Follower {
  /** All there are; first, and again whenever steps are missing. */
  whole(values: ReadonlyMap<string, KeyValue>): void;
  /** One key, in the order in which things happened; `undefined`: removed. */
  changed(key: string, value: KeyValue | undefined): void;
  /** Whether etcd answers; told when it changes. Until it is told first, it is not known. */
  reachable(isReachable: boolean, why: string | undefined): void;
}

/** Between attempts to read, ms. */
const PAUSE_MS = 500;

/**
 * Reads all keys with a prefix, and tells what becomes of them, for as long as it takes: etcd may be away at the start and at any time.
 *
 * @returns the function that ends it
 */
export function followKeys(client: EtcdClient, prefix: string, follower: Follower): () => void {
  const ending = new AbortController();
  const range = keysUnder(prefix);
  let stopWatch = () => {};
  let isReachable: boolean | undefined;

  const tell = (reached: boolean, why: string | undefined): void => {
    if (isReachable === reached) return;
    isReachable = reached;
    follower.reachable(reached, why);
  };

  const begin = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        const values = new Map<string, KeyValue>();
        let after = 0n;
        for await (const { kvs, revision } of readPages(client, range)) {
          after = revision;
          for (const kv of kvs) values.set(keyText(kv.key), kv);
        }
        if (ending.signal.aborted) return;
        follower.whole(values);
        tell(true, undefined);
        stopWatch = watchFrom(after);
        return;
      } catch (error) {
        if (ending.signal.aborted) return;
        if ((error as EtcdError).etcdKind !== "compacted") tell(false, (error as Error).message);
        await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {});
      }
    }
  };
  const watchFrom = (after: bigint): (() => void) =>
    watchRange(client, {
      range,
      after,
      isReachable: true,
      listener: {
        events(events) {
          for (const { type, kv } of events) {
            follower.changed(keyText(kv!.key), type === Event_EventType.Delete ? undefined : kv);
          }
        },
        compacted: () => void begin(),
        reachable: tell,
      },
    });
  void begin();
  return () => {
    ending.abort();
    stopWatch();
  };
}
