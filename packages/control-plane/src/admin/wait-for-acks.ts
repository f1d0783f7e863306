import type { ClientStatus } from "@fairlead/xds";
import { listen } from "../telemetry/listen.ts";
import { type AwaitedCommit, cutReception, isReached, receptionOf } from "./reception.ts";
import type { Reception, WaitResult } from "./schemas/reception.ts";

/** The most node ids of those who left. */
const MAX_GONE = 1_000;
/** Looked at this often without any sign: a proxy that nothing differs for sends none. */
const POLL_MS = 250;
/** ACKs come in bursts; all clients are looked at once per burst. */
const BURST_MS = 20;

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
    const now = [...clients()];
    const reception = receptionOf(now, commit);
    const gone = whoLeft(now, commit, reception, awaited);
    const waitedMs = Math.round(performance.now() - startedMs);
    const result = { ...cutReception(reception), gone: gone.slice(0, MAX_GONE), waitedMs };
    if (reception.pending.length === 0) {
      return { outcome: reception.rejected.length > 0 ? "rejected" : "acked", ...result };
    }
    if (waitedMs >= timeoutMs || signal.aborted) return { outcome: "timeout", ...result };
    await nextSign(Math.min(POLL_MS, timeoutMs - waitedMs), signal);
  }
}

/** Node ids of proxies that left while they were waited for; `awaited` remembers who those are. */
function whoLeft(
  clients: readonly ClientStatus[],
  commit: AwaitedCommit,
  { pending }: Reception,
  awaited: Set<string>,
): string[] {
  const present = new Set<string>();
  for (const client of clients) if (isReached(client, commit)) present.add(`${client.node.id}\n${client.peer}`);
  const left = awaited.difference(present);
  awaited.clear();
  for (const who of left) awaited.add(who);
  for (const { node, peer } of pending) awaited.add(`${node}\n${peer}`);
  return [...left].map((who) => who.slice(0, who.indexOf("\n")));
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
    listen("fairlead:xds:poller-forgotten", hear),
  ];
  return promise.finally(() => {
    clearTimeout(poll);
    clearTimeout(burst);
    signal.removeEventListener("abort", abort);
    for (const unlisten of listening) unlisten();
  });
}
