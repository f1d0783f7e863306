import { setTimeout as sleep } from "node:timers/promises";
import type { KeyValue } from "../store/etcd/client.ts";
import { followKeys } from "../store/etcd/follow.ts";
import { hangsOn, isAt, put, remove } from "../store/etcd/operations.ts";
import type { SharedLease } from "./by-etcd.ts";
import type { Election } from "./election.ts";

/** Between attempts to take the key, ms. */
const PAUSE_MS = 500;
/** How long the watch may take to tell of a key that was just taken, ms, before it is tried again. */
const SEEN_MS = 2_000;
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * The leader is whose lease the key hangs on. Etcd removes it with the lease, which by then has ended for its holder too: that one
 * counts from before it asked for more time, etcd from after.
 */
export function electByEtcd(
  { client, lease, listeners }: SharedLease,
  { key, name, id }: { readonly key: string; readonly name: string; readonly id: string },
): Election {
  const ending = new AbortController();
  const watchers = new Set<(isLeader: boolean) => void>();
  /** Who holds the key, as far as is known; `unknown`: not read yet. */
  let holder: { readonly id: string; readonly lease: bigint } | undefined | "unknown" = "unknown";
  let told = false;
  let isStanding = false;

  const isLeader = (): boolean => {
    const mine = lease.held();
    return mine !== undefined && typeof holder === "object" && holder.lease === mine && !ending.signal.aborted;
  };
  const tell = (): void => {
    const now = isLeader();
    if (now === told) return;
    told = now;
    for (const watcher of [...watchers]) watcher(now);
  };
  /** Takes the key if nobody has it, until somebody has. */
  const stand = async (): Promise<void> => {
    if (isStanding) return;
    isStanding = true;
    while (!ending.signal.aborted && holder === undefined) {
      const mine = lease.held();
      if (mine === undefined) break; // `held` comes back to this
      try {
        const request = { compare: [isAt(key, 0n)], success: [put(key, id, mine)] };
        const { succeeded } = await client.txn(request, { isRepeatable: true, signal: ending.signal });
        // Who has it is told by the watch alone, so that everything is seen in its order.
        await sleep(succeeded ? SEEN_MS : PAUSE_MS, undefined, { signal: ending.signal });
      } catch {
        await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {});
      }
    }
    isStanding = false;
  };
  const see = (kv: KeyValue | undefined): void => {
    holder = kv && { id: Buffer.from(kv.value).toString(), lease: kv.lease };
    tell();
    if (holder === undefined) void stand();
  };
  const leaseListener = {
    held() {
      if (holder === undefined) void stand();
      tell();
    },
    lost: tell,
  };
  listeners.add(leaseListener);
  // Others may be named like this one and more: the prefix is the key, and what follows it is looked at.
  const stop = followKeys(client, key, {
    whole: (values) => see(values.get(key)),
    changed: (of, kv) => of === key && see(kv),
    reachable: () => {},
  });

  return {
    name,
    isLeader,
    leader: () => (typeof holder === "object" ? holder.id : undefined),
    watch(listener) {
      watchers.add(listener);
      if (told) listener(true);
      return () => watchers.delete(listener);
    },
    async close() {
      if (ending.signal.aborted) return;
      ending.abort();
      stop();
      listeners.delete(leaseListener);
      tell();
      const mine = lease.held();
      if (mine === undefined) return;
      const request = { compare: [hangsOn(key, mine)], success: [remove(key)] };
      await client.txn(request, { isRepeatable: true, timeoutMs: CLOSE_TIMEOUT_MS }).catch(() => {});
    },
  };
}
