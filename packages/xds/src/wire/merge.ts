/**
 * An embedded message that occurs more than once is merged, which is what reading the joined bytes does.
 * The bytes are copied, so that they don't keep the request alive.
 */
export function mergeMessage(earlier: Uint8Array | undefined, later: Uint8Array): Uint8Array {
  return earlier ? Buffer.concat([earlier, later]) : new Uint8Array(later);
}
