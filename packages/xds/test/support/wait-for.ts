/**
 * Waits until the condition holds: a value that is neither `undefined` nor `false`, which is returned.
 * @throws after `timeoutMs`, saying what was waited for
 */
export async function waitFor<T>(
  what: string | (() => string),
  condition: () => T | undefined | false,
  timeoutMs = 10_000,
): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  while (true) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > giveUpAt)
      throw new Error(`waited ${timeoutMs} ms for ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
