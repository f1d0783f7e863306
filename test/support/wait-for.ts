import { setTimeout as sleep } from "node:timers/promises";

/** How {@link waitFor} looks: how often, and when it gives up. */
export interface WaitOptions {
  /** Gives up after this long. Default 30 s. */
  readonly timeoutMs?: number;
  /** Pause between two looks. Default 50 ms. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until `look` yields something other than `undefined` and `false`.
 *
 * @param what named in the error; a function is called at the end, so that it can say what was seen last.
 * @throws when time runs out; what the last look threw is the cause.
 */
export async function waitFor<T>(
  what: string | (() => string),
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 30_000, intervalMs = 50 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await sleep(intervalMs);
  }
  const description = typeof what === "string" ? what : what();
  throw new Error(`waited ${timeoutMs} ms in vain for ${description}`, { cause: lastError });
}
