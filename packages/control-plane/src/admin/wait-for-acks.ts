import type { ClientStatus, TypeStatus } from "@fairlead/xds";
import { listen } from "../telemetry/listen.ts";
import type { WaitResult } from "./schemas/resources.ts";

/** The most names in each list of the answer. */
const MAX_LISTED = 1_000;
/** Looked at this often without any sign: a proxy that nothing differs for sends none. */
const POLL_MS = 250;
/** ACKs come in bursts; all clients are looked at once per burst. */
const BURST_MS = 20;

/** The commit whose reception is awaited. */
export interface AwaitedCommit {
  readonly group: string;
  readonly revision: number;
  /** The types it changed; proxies that use none of them are not concerned. */
  readonly typeUrls: ReadonlySet<string>;
  /** When it was made, ms since the epoch: rejections before that are of something older. */
  readonly committedAtMs: number;
}

/** Bounds of a wait. */
export interface WaitBounds {
  readonly timeoutMs: number;
  /** Ends the wait early, as a timeout: the request was dropped, or the server shuts down. */
  readonly signal: AbortSignal;
}

/**
 * Waits until every proxy of the group has accepted or rejected a commit, or has left; no longer than the timeout.
 *
 * Proxies that connect meanwhile count too: they are served this commit or a newer one.
 */
export async function waitForAcks(
  clients: () => Iterable<ClientStatus>,
  commit: AwaitedCommit,
  { timeoutMs, signal }: WaitBounds,
): Promise<WaitResult> {
  const startedMs = performance.now();
  const awaited = new Set<string>();
  for (;;) {
    const reception = receptionOf(clients(), commit, awaited);
    const waitedMs = Math.round(performance.now() - startedMs);
    if (reception.pending.length === 0) {
      return { outcome: reception.rejected.length > 0 ? "rejected" : "acked", ...cut(reception), waitedMs };
    }
    if (waitedMs >= timeoutMs || signal.aborted) return { outcome: "timeout", ...cut(reception), waitedMs };
    await nextSign(Math.min(POLL_MS, timeoutMs - waitedMs), signal);
  }
}

type Reception = Pick<WaitResult, "acked" | "rejected" | "pending" | "gone">;

/** Sorts the group's proxies by how they took the commit; `awaited` remembers who was seen pending. */
function receptionOf(clients: Iterable<ClientStatus>, commit: AwaitedCommit, awaited: Set<string>): Reception {
  const reception: Reception = { acked: 0, rejected: [], pending: [], gone: [] };
  const left = new Set(awaited);
  for (const client of clients) {
    if (client.isObserver || client.group !== commit.group) continue;
    const who = `${client.node.id}\n${client.peer}`;
    left.delete(who);
    const open = client.types.filter((type) => isConcerned(type, commit) && type.confirmedRevision < commit.revision);
    const rejected = open.filter((type) => isRejected(type, commit));
    for (const type of rejected) {
      reception.rejected.push({ ...straggler(client, type), message: type.nack?.message ?? "" });
    }
    if (rejected.length > 0) continue;
    if (open.length === 0) {
      awaited.delete(who);
      reception.acked++;
      continue;
    }
    awaited.add(who);
    for (const type of open) reception.pending.push({ ...straggler(client, type), message: reasonOf(client, type) });
  }
  reception.gone.push(...[...left].map((who) => who.slice(0, who.indexOf("\n"))));
  return reception;
}

function isConcerned(type: TypeStatus, commit: AwaitedCommit): boolean {
  return commit.typeUrls.has(type.typeUrl);
}

function isRejected(type: TypeStatus, commit: AwaitedCommit): boolean {
  return type.state === "REJECTED" && (type.nack?.atMs ?? 0) >= commit.committedAtMs;
}

function straggler(client: ClientStatus, type: TypeStatus) {
  return { node: client.node.id, peer: client.peer, typeUrl: type.typeUrl };
}

function reasonOf(client: ClientStatus, type: TypeStatus): string {
  const wait = client.waits.find(({ typeUrl }) => typeUrl === type.typeUrl) ?? client.waits[0];
  return wait ? `${wait.stage}: ${wait.reason}` : "no answer yet";
}

function cut({ acked, rejected, pending, gone }: Reception): Reception {
  return {
    acked,
    rejected: rejected.slice(0, MAX_LISTED),
    pending: pending.slice(0, MAX_LISTED),
    gone: gone.slice(0, MAX_LISTED),
  };
}

/** Resolves soon after some proxy answered or left, or after `ms`, or when the wait is called off. */
function nextSign(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let burst: NodeJS.Timeout | undefined;
  const hear = () => {
    burst ??= setTimeout(resolve, BURST_MS);
  };
  const poll = setTimeout(resolve, ms);
  const abort = () => resolve();
  signal.addEventListener("abort", abort);
  const listening = [
    listen("fairlead:xds:acked", hear),
    listen("fairlead:xds:nacked", hear),
    listen("fairlead:xds:stream-closed", hear),
  ];
  return promise.finally(() => {
    clearTimeout(poll);
    clearTimeout(burst);
    signal.removeEventListener("abort", abort);
    for (const unlisten of listening) unlisten();
  });
}
