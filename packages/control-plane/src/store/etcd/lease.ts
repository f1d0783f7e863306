import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdClient } from "./client.ts";
import type { EtcdError } from "./etcd-error.ts";

/** A lease that is kept alive, and replaced by a new one when it has ended. */
export interface KeptLease {
  /** The lease that certainly still lives, by this process's monotonic clock; `undefined`: none does. */
  held(): bigint | undefined;
  /** Ends it, and all that hangs on it. Never fails. */
  close(): Promise<void>;
}

/** What is told of a {@link KeptLease}. Nothing of it may throw. */
export interface LeaseListener {
  held(id: bigint): void;
  /** It may have ended: whatever hangs on it must be thought gone. */
  lost(): void;
}

/** How much sooner a lease counts as ended than etcd ends it, ms: time for what is already under way. */
const MARGIN_MS = 500;
/** Between attempts, ms. */
const PAUSE_MS = 250;
const CLOSE_TIMEOUT_MS = 2_000;

/** Takes a lease and keeps it, for as long as etcd lets it; begins at once. */
export function keepLease(client: EtcdClient, ttlMs: number, listener: LeaseListener): KeptLease {
  const ending = new AbortController();
  const { signal } = ending;
  let lease: { readonly id: bigint; readonly untilMs: number } | undefined;
  let expiry: NodeJS.Timeout | undefined;

  const held = (): bigint | undefined => (lease && performance.now() < lease.untilMs ? lease.id : undefined);
  const lose = (): void => {
    clearTimeout(expiry);
    if (!lease) return;
    lease = undefined;
    listener.lost();
  };
  /** @param askedAtMs before the question was sent, so that etcd's time ends later than ours. */
  const hold = (id: bigint, askedAtMs: number, lastsMs: number): void => {
    const untilMs = askedAtMs + lastsMs - MARGIN_MS;
    const isNew = lease === undefined;
    lease = { id, untilMs };
    clearTimeout(expiry);
    expiry = setTimeout(lose, Math.max(0, untilMs - performance.now()));
    if (isNew) listener.held(id);
  };

  const step = async (): Promise<void> => {
    const askedAtMs = performance.now();
    const timeoutMs = ttlMs / 3;
    const mine = held();
    if (mine !== undefined) {
      const lastsMs = await client.keepAlive(mine, { timeoutMs, signal });
      // Too late: it was told as lost, so it must not come back.
      if (held() === mine) return hold(mine, askedAtMs, lastsMs);
      await client.revokeLease(mine, { timeoutMs, signal });
      return;
    }
    lose();
    const granted = await client.grantLease(ttlMs, { timeoutMs, signal });
    hold(granted.id, askedAtMs, granted.ttlMs);
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      let pauseMs = ttlMs / 3;
      try {
        await step();
        if (held() === undefined) pauseMs = 0;
      } catch (error) {
        if (signal.aborted) return;
        if ((error as EtcdError).etcdKind === "lease-gone") lose();
        pauseMs = PAUSE_MS;
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    held,
    async close() {
      const mine = held();
      ending.abort();
      lose();
      await running;
      if (mine !== undefined) await client.revokeLease(mine, { timeoutMs: CLOSE_TIMEOUT_MS }).catch(() => {});
    },
  };
}
