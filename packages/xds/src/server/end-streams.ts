import { setTimeout } from "node:timers/promises";
import { status } from "../grpc/status.ts";
import type { Client } from "../protocol/client-state.ts";
import type { ClientEntry } from "./client-entry.ts";

/** How often clients are looked at while the server drains, ms. */
const TICK_MS = 50;
/** Clients whose streams end in one tick: they come back elsewhere, and not all at once. */
const CLIENTS_PER_TICK = 500;

/**
 * Ends the streams of every client that has answered what it was sent. An xDS stream has no end of its own, so a drain
 * that only waited would wait for as long as it may. Returns when no client is left.
 *
 * @param clients the connected ones, as they are at each tick
 */
export async function endStreams(clients: () => Iterable<ClientEntry>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let count = 0;
    let ended = 0;
    for (const { machine, sessions, isDirty } of clients()) {
      count += 1;
      if (isDirty || !isAnswered(machine) || ended === CLIENTS_PER_TICK) continue;
      ended += 1;
      for (const { stream } of sessions.values())
        stream.end(status("UNAVAILABLE", "the server is draining: reconnect"));
    }
    if (count === 0) return;
    await setTimeout(TICK_MS, undefined, { ref: false });
  }
}

/** What a poll was answered only the next poll confirms, and that finds another server. */
function isAnswered({ types }: Client): boolean {
  for (const { subscriptions } of types)
    for (const { inFlight, polls } of subscriptions) if (inFlight.length > 0 && !polls) return false;
  return true;
}
