/** Milliseconds since the epoch by a clock that never jumps: what deadlines are measured with. */
export function monotonicNowMs(): number {
  return originMs + performance.now();
}

/** It never changes, and is not cheap to ask for. */
const originMs = performance.timeOrigin;

/** A difference that is no rounding: the machine's clock was set, or it slept. */
const STEP_MS = 1_000;

/** When something was by the machine's clock as it is set now, for people; `atMs` is by {@link monotonicNowMs}. */
export function wallTimeMs(atMs: number): number {
  const stepMs = Date.now() - monotonicNowMs();
  return Math.abs(stepMs) < STEP_MS ? atMs : atMs + stepMs;
}

/** When something was by {@link monotonicNowMs}, of which the machine's clock says `atMs`; never in the future. */
export function monotonicTimeMs(atMs: number): number {
  return monotonicNowMs() - Math.max(0, Date.now() - atMs);
}
