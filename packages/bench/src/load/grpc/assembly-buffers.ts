/** Buffers kept for the next message that spans chunks, and how large one may be to be kept. */
const mostKept = 64;
const largestKeptBytes = 1_048_576;
const smallestBytes = 16_384;

const kept: Buffer[] = [];

/** A buffer of at least so many bytes: one that was used before, if there is one. */
export function borrowBuffer(bytes: number): Buffer {
  const last = kept.pop();
  if (last !== undefined && last.length >= bytes) return last;
  let size = smallestBytes;
  while (size < bytes) size *= 2;
  return Buffer.allocUnsafeSlow(size);
}

/** Gives a buffer back: nobody may look at it any more. */
export function returnBuffer(buffer: Buffer): void {
  if (kept.length < mostKept && buffer.length <= largestKeptBytes) kept.push(buffer);
}
