/** A thread that ended sooner than this after its start ended early, ms. */
const EARLY_MS = 60_000;
const LEAST_DELAY_MS = 100;
const MOST_DELAY_MS = 10_000;

/** When a thread is started anew: soon, and twice as late each time that it ends early again. */
export function restartDelayMs(earlyEnds: number, ranMs: number): { delayMs: number; earlyEnds: number } {
  if (ranMs >= EARLY_MS) return { delayMs: LEAST_DELAY_MS, earlyEnds: 0 };
  return { delayMs: Math.min(MOST_DELAY_MS, LEAST_DELAY_MS * 2 ** earlyEnds), earlyEnds: earlyEnds + 1 };
}
