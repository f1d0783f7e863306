/** Buffers with room behind a merged message. */
const grown = new WeakSet<ArrayBufferLike>();

/**
 * An embedded message that occurs more than once is merged, which is what reading the joined bytes does.
 * The bytes are copied, so that they don't keep the request alive; what is merged again grows in place, since a request may
 * say a field a million times, and copying all of it each time would take minutes.
 */
export function mergeMessage(earlier: Uint8Array | undefined, later: Uint8Array): Uint8Array {
  if (!earlier) return new Uint8Array(later);
  const length = earlier.length + later.length;
  const hasRoom = grown.has(earlier.buffer) && length <= earlier.buffer.byteLength;
  const merged = new Uint8Array(hasRoom ? earlier.buffer : withRoom(earlier, 2 * length), 0, length);
  merged.set(later, earlier.length);
  return merged;
}

function withRoom(bytes: Uint8Array, length: number): ArrayBuffer {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  grown.add(larger.buffer);
  return larger.buffer;
}
