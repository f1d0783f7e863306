import type { RegistryLimits } from "../limits.ts";
import type { Entry } from "./entry.ts";
import { createTimingWheel } from "./timing-wheel.ts";
import { isHealthy } from "./wishes.ts";

/** How exact expiry is. */
export const TICK_MS = 100;

/** How long instances may be silent: tells when that of one is over. */
export interface Silence {
  /** When its TTL is over, with every grace. */
  endsAtMs(entry: Entry): number;
  /** Looks at it when something becomes of its silence: its TTL is over, or it is to be removed. */
  watch(entry: Entry): void;
  /** Looks at it at that time. */
  watchAt(entry: Entry, atMs: number): void;
  unwatch(entry: Entry): void;
  /** Everybody counts as heard now. */
  forgive(nowMs: number): void;
  /** Shows all that are to be looked at by now. */
  advance(nowMs: number, look: (entry: Entry) => void): void;
}

/** Watches nobody yet. */
export function createSilence({ removeAfterMs }: RegistryLimits, startMs: number): Silence {
  const wheel = createTimingWheel(TICK_MS, startMs);
  let forgivenAtMs = startMs;
  const endsAtMs = (entry: Entry) => Math.max(entry.heardAtMs, forgivenAtMs) + entry.ttlMs;
  return {
    endsAtMs,
    watch: (entry) => wheel.add(entry, endsAtMs(entry) + (isHealthy(entry) ? 0 : removeAfterMs)),
    watchAt: wheel.add,
    unwatch: wheel.remove,
    forgive(nowMs) {
      forgivenAtMs = nowMs;
    },
    advance: wheel.advance,
  };
}
