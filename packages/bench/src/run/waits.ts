import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "./clock.ts";

/** Waits for a promise, but no longer than until the signal: then it throws the signal's reason. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Resolves at that time of `nowMs()`; throws the signal's reason when that comes first. */
export async function sleepUntil(atMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await sleep(Math.max(0, atMs - nowMs()), undefined, { signal });
  } catch {
    throw signal.reason; // else it would be an error of the timer's own
  }
}

/** Whether the promise came to its end within that time. A promise that fails fails here too. */
export async function isWithin(forMs: number, promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(Math.max(0, forMs), false, { signal: timer.signal }).catch(() => false);
  try {
    return await unlessAborted(signal, Promise.race([promise.then(() => true), late]));
  } finally {
    timer.abort();
  }
}
