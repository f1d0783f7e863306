/** Whoever calls the layer above, and pays for what it throws. */
export interface Guard {
  /** The layer above threw: that costs this call or request, and nothing else. */
  onFault(error: unknown): void;
}

/** Runs the layer above for `guard`. @returns what it gave; `undefined`: it threw */
export function guarded<T>(guard: Guard, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    guard.onFault(error);
    return undefined;
  }
}
