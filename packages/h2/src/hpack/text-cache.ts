/** Texts that are remembered, and the longest of them: at most 130 KB. */
const slots = 1_024;
const longestRemembered = 96;

/**
 * Makes strings of Latin-1 bytes, and the same string of the same bytes where it can: clients are all alike, so what they say
 * is kept once, not once for each of them.
 *
 * A text is remembered in the one place that its bytes lead to, until another one needs it: whatever comes, it takes no more.
 */
export class TextCache {
  readonly #texts = new Array<string>(slots).fill("");

  /** The text of the first `length` bytes. */
  textOf(bytes: Buffer, length: number): string {
    if (length > longestRemembered) return bytes.toString("latin1", 0, length);
    let hash = 0x811c9dc5; // FNV-1a
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const known = this.#texts[slot]!;
    if (isText(known, bytes, length)) return known;
    const text = bytes.toString("latin1", 0, length);
    this.#texts[slot] = text;
    return text;
  }
}

function isText(text: string, bytes: Buffer, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== bytes[at]) return false;
  return true;
}
