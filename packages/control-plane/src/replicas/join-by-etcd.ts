import { setTimeout as sleep } from "node:timers/promises";
import { FairleadError } from "../errors.ts";
import type { KeyValue } from "../store/etcd/client.ts";
import { followKeys } from "../store/etcd/follow.ts";
import { found, get, hangsOn, isAt, put, remove } from "../store/etcd/operations.ts";
import type { SharedLease } from "./by-etcd.ts";
import type { Membership, MembershipEvent, Replica } from "./membership.ts";
import { stillRuns } from "./still-runs.ts";

/** Between attempts to put the own key, ms. */
const PAUSE_MS = 500;
/** Time that etcd may need beyond a lease's to end it, ms. */
const SLACK_MS = 2_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** Puts this replica on the list, whenever it has a lease, and follows the list. */
export function joinByEtcd(
  { client, lease, listeners }: SharedLease,
  { prefix, self, leaseTtlMs }: { readonly prefix: string; readonly self: Replica; readonly leaseTtlMs: number },
): Membership {
  const key = prefix + self.id;
  const ending = new AbortController();
  const watchers = new Set<(event: MembershipEvent) => void>();
  const live = new Map([[self.id, self]]);
  const joined = Promise.withResolvers<void>();
  joined.promise.catch(() => {}); // told by `displaced` too
  let isListed = false;
  let isWaiting = false;
  /** The lease with which it is being put on the list. */
  let listing: bigint | undefined;
  /** Who has its id, and since when that is known; by `performance.now()`. */
  let holder: { readonly replica: Replica; readonly sinceMs: number; readonly isTold: boolean } | undefined;

  const tell = (event: MembershipEvent): void => {
    for (const watcher of [...watchers]) watcher(event);
  };
  const list = async (id: bigint): Promise<void> => {
    if (listing === id) return;
    listing = id;
    const success = [put(key, JSON.stringify({ adminUrl: self.adminUrl, process: self.process }), id)];
    let replaces = 0n;
    while (!ending.signal.aborted && lease.held() === id) {
      try {
        const request = { compare: [isAt(key, replaces)], success, failure: [get(key)] };
        const { succeeded, responses } = await client.txn(request, { isRepeatable: true, signal: ending.signal });
        if (succeeded) break;
        const there = found(responses[0]);
        const other = there && replicaOf(self.id, there);
        if (other && (await isInTheWay(other))) await sleep(PAUSE_MS, undefined, { signal: ending.signal });
        else replaces = there?.modRevision ?? 0n;
      } catch {
        joined.resolve(); // nobody can say now
        await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {});
      }
    }
    if (listing === id) listing = undefined;
    if (ending.signal.aborted || lease.held() !== id) return;
    joined.resolve();
    holder = undefined;
    if (isListed) return;
    isListed = true;
    tell({ kind: "listed" });
  };
  /** Whether another process has the id and runs, or may do so yet. */
  const isInTheWay = async (other: Replica): Promise<boolean> => {
    if (other.process === undefined || other.process === self.process) return false;
    if (holder?.replica.process !== other.process)
      holder = { replica: other, sinceMs: performance.now(), isTold: false };
    const known = holder!;
    if (known.isTold) return true; // until its key goes
    const runs = await stillRuns(other, ending.signal);
    if (runs === false) return false;
    const isKept = performance.now() - known.sinceMs > leaseTtlMs + SLACK_MS;
    if (runs || isKept) displace(other);
    else if (!isWaiting) tell({ kind: "waiting", on: other });
    isWaiting = true;
    return true;
  };
  const displace = (by: Replica): void => {
    holder = { replica: by, sinceMs: performance.now(), isTold: true };
    isListed = false;
    joined.reject(idTaken(by));
    tell({ kind: "displaced", by });
  };
  const leaseListener = {
    held: (id: bigint) => void list(id),
    lost() {
      if (!isListed) return;
      isListed = false;
      tell({ kind: "unlisted" });
    },
  };
  listeners.add(leaseListener);
  const held = lease.held();
  if (held !== undefined) leaseListener.held(held);

  const set = (of: string, kv: KeyValue | undefined): void => {
    const id = of.slice(prefix.length);
    if (id === self.id) {
      const by = kv && replicaOf(id, kv);
      if (kv === undefined) relist();
      else if (isListed && by?.process !== undefined && by.process !== self.process) displace(by);
      return;
    }
    const before = live.get(id);
    const replica = kv && replicaOf(id, kv);
    if (replica === undefined) live.delete(id);
    else live.set(id, replica);
    if (before === undefined && replica) tell({ kind: "joined", replica });
    if (before && replica === undefined) tell({ kind: "left", replica: before });
  };
  /** Somebody removed the key, or an old lease of the same id took it along. */
  const relist = (): void => {
    const id = lease.held();
    if (id !== undefined) void list(id);
  };
  const stop = followKeys(client, prefix, {
    whole(values) {
      for (const id of [...live.keys()]) if (!values.has(prefix + id)) set(prefix + id, undefined);
      for (const [of, kv] of values) set(of, kv);
    },
    changed: set,
    reachable(isReachable) {
      if (!isReachable) joined.resolve();
    },
  });

  return {
    self,
    joined: () => joined.promise,
    isListed: () => isListed && lease.held() !== undefined,
    live: () => live,
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    async close() {
      ending.abort();
      joined.resolve();
      stop();
      listeners.delete(leaseListener);
      isListed = false;
      const id = lease.held();
      if (id === undefined) return;
      const request = { compare: [hangsOn(key, id)], success: [remove(key)] };
      await client.txn(request, { isRepeatable: true, timeoutMs: CLOSE_TIMEOUT_MS }).catch(() => {});
    },
  };
}

function replicaOf(id: string, { value }: KeyValue): Replica | undefined {
  try {
    const told = JSON.parse(Buffer.from(value).toString()) as { adminUrl?: unknown; process?: unknown };
    const { adminUrl, process } = told;
    if (typeof adminUrl !== "string" || !URL.canParse(adminUrl)) return undefined;
    return { id, adminUrl, ...(typeof process === "string" && { process }) };
  } catch {
    return undefined; // not written by a replica
  }
}

function idTaken({ id, adminUrl, process }: Replica): FairleadError {
  const message = `another replica is called ${id} (${adminUrl}, process ${process}): give each one a replica.id of its own, or leave it out`;
  return new FairleadError("replica-id-taken", message);
}
