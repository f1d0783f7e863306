const FIRST_MS = 100;
const MOST_MS = 5_000;

/** Wait before the attempt that follows so many failures in a row: exponential, with full jitter. @returns ms */
export function waitBefore(failures: number): number {
  return Math.random() * Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
}
