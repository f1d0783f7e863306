/**
 * Milliseconds of the machine's monotonic clock: the same in all processes of one machine, so that a generator may subtract
 * what the coordinator stamped. Costs as much as `performance.now()`.
 */
export function nowMs(): number {
  return performance.now() + offsetMs;
}

/** `performance.now()` counts from the start of its process. */
const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
