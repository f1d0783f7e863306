/** Answers whether an event may be reported now; when it may, how many of its kind were held back before it. */
export type RateLimit = (key: string) => { readonly suppressed: number } | undefined;

/** Options of {@link createRateLimit}. */
export interface RateLimitOptions {
  /** The least time between two reports of one key, ms. Default 10,000. */
  readonly intervalMs?: number;
  /** The most keys remembered; beyond that the one silent for longest is forgotten. Default 1,000. */
  readonly maxKeys?: number;
  /** The clock, ms. Default `performance.now`. */
  readonly now?: () => number;
}

/** Lets one event per key and interval through, so that a client that is wrong a thousand times costs a line, not a disk. */
export function createRateLimit(options: RateLimitOptions = {}): RateLimit {
  const { intervalMs = 10_000, maxKeys = 1_000, now = () => performance.now() } = options;
  const lastByKey = new Map<string, { atMs: number; suppressed: number }>();
  return (key) => {
    const last = lastByKey.get(key);
    const atMs = now();
    if (last && atMs - last.atMs < intervalMs) {
      last.suppressed++;
      return undefined;
    }
    lastByKey.delete(key);
    lastByKey.set(key, { atMs, suppressed: 0 });
    if (lastByKey.size > maxKeys) lastByKey.delete(lastByKey.keys().next().value!);
    return { suppressed: last?.suppressed ?? 0 };
  };
}
