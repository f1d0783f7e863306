/** A curve has a point for each percent of the streams, from the first (0) to the last (100). */
export const CURVE_POINTS = 101;

/**
 * When 0, 1, … 100 % of the streams were there: point 0 is the first stream, point 50 the one that made it half of all.
 * Those that are `missing` come last, as `null`. Rounded to µs.
 *
 * @param sorted times in ms, ascending
 */
export function curveOf(sorted: Float32Array | Float64Array, missing: number): (number | null)[] {
  return Array.from({ length: CURVE_POINTS }, (_, percent) => reachedAt(sorted, missing, percent / 100));
}

/** When a share (0 to 1) of all streams, missing ones included, was there; `null`: never. */
export function reachedAt(sorted: Float32Array | Float64Array, missing: number, share: number): number | null {
  const rank = Math.max(1, Math.ceil(share * (sorted.length + missing) - 1e-9));
  const ms = sorted[rank - 1];
  return ms === undefined ? null : Math.round(ms * 1_000) / 1_000;
}

/** All in one, ascending. */
export function sortTogether(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}
