/**
 * Waits until the condition holds: a value that is neither `undefined` nor `false`, which is returned.
 * @throws after 10 s, saying what was waited for
 */
export async function waitFor<T>(what: string, condition: () => T | undefined | false): Promise<T> {
  const giveUpAt = Date.now() + 10_000;
  while (true) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > giveUpAt) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
