/** Bytes of gRPC's message prefix: one flag byte and the length, big endian. */
export const prefixBytes = 5;

/**
 * Puts gRPC's 5-byte prefix before a message.
 *
 * Made once per message; the frame is then shared by every stream that sends it.
 * @returns a `Buffer`, since `node:http2` would wrap any other `Uint8Array` anew for each stream.
 */
export function frameMessage(body: Uint8Array): Buffer<ArrayBuffer> {
  const frame = Buffer.allocUnsafeSlow(prefixBytes + body.length);
  writePrefix(frame, body.length);
  frame.set(body, prefixBytes);
  return frame;
}

/** Writes the prefix of an uncompressed message of `length` bytes at the start of `frame`. */
export function writePrefix(frame: Uint8Array, length: number): void {
  frame[0] = 0;
  frame[1] = length >>> 24;
  frame[2] = length >>> 16;
  frame[3] = length >>> 8;
  frame[4] = length;
}
