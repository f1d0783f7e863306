import { setImmediate } from "node:timers/promises";

/** Time that work may take before others get their turn, ms. */
const SLICE_MS = 10;

/**
 * Lets the event loop run now and then during long work: call what this returns between the pieces, and await it when
 * it answers with a promise. Heartbeats and pushes to proxies then never wait behind a large file.
 */
export function breather(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
