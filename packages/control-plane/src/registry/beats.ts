import type { Book } from "./book/book.ts";
import type { InstanceKey } from "./instance.ts";
import { HEARTBEAT_REFUSALS } from "./refusals.ts";
import type { HeartbeatResult, Refusal } from "./registry.ts";

/** Heartbeats as they come in, counted. */
export interface Beats {
  /** One that an instance sends here; `undefined`: taken up. */
  heartbeat(key: InstanceKey): Refusal | undefined;
  /** Those that another replica heard and passed on. How many count. */
  hearForwarded(keys: readonly InstanceKey[]): number;
  readonly counts: Readonly<Record<HeartbeatResult, number>>;
}

/** @param changed something is to be written because of one */
export function createBeats(book: Book, changed: () => void): Beats {
  const counts: Record<HeartbeatResult, number> = { heard: 0, forwarded: 0, late: 0, again: 0, dead: 0, unknown: 0 };
  return {
    counts,
    heartbeat(key) {
      const result = book.heartbeat(key, performance.now());
      counts[result]++;
      if (result === "forwarded") return undefined;
      if (result === "heard") {
        if (book.queued > 0) changed();
        return undefined;
      }
      return { key, ...HEARTBEAT_REFUSALS[result] };
    },
    hearForwarded(keys) {
      const nowMs = performance.now();
      let heard = 0;
      for (const key of keys) {
        const result = book.heartbeat(key, nowMs, true);
        counts[result]++;
        if (result === "heard") heard++;
      }
      if (book.queued > 0) changed();
      return heard;
    },
  };
}
