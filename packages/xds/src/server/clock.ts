/** Milliseconds since the epoch by a clock that never jumps back: what deadlines are measured with. */
export function monotonicNowMs(): number {
  return performance.timeOrigin + performance.now();
}
