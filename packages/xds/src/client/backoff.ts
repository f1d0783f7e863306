/** How long to wait before the next attempt, and the one after. */
export interface BackoffOptions {
  /** Bound of the first wait, ms. Default: 500, as Envoy's. */
  readonly baseMs?: number;
  /** Bound of every wait, ms. Default: 30,000. */
  readonly maxMs?: number;
  /** Source of the jitter, 0 (included) to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * The wait before attempt `failures + 1`: exponential with full jitter, so that many clients of a server that went away
 * don't come back together. @returns ms
 */
export function backoffMs(failures: number, options: BackoffOptions = {}): number {
  const { baseMs = 500, maxMs = 30_000, random = Math.random } = options;
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 32));
  return Math.floor(random() * bound);
}
