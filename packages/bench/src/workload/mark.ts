/**
 * The mark: `change-` and 12 digits, the host name of a resource's first endpoint, say which change touched it last. Its
 * width is fixed, so that no change alters sizes; 0: none has touched it.
 */
export function markOf(sequence: number): string {
  return `change-${String(sequence).padStart(MARK_DIGITS, "0")}`;
}

/** Largest sequence of a change: states are kept in 32 bits, one value of which says "unknown". */
export const MAX_SEQUENCE = 0xffff_fffe;

const MARK_DIGITS = 12;
const PREFIX = Buffer.from("change-", "latin1");
const MARK_LENGTH = PREFIX.length + MARK_DIGITS;
const ZERO = 0x30;

/** The sequence that stands in the bytes from `start` to `end`; -1: that is no mark. */
export function readMark(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== MARK_LENGTH) return -1;
  for (let at = 0; at < PREFIX.length; at++) if (bytes[start + at] !== PREFIX[at]) return -1;
  let sequence = 0;
  for (let at = start + PREFIX.length; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    sequence = sequence * 10 + digit;
  }
  return sequence <= MAX_SEQUENCE ? sequence : -1;
}
