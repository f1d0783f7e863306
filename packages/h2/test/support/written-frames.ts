import { preface } from "../../../xds/test/support/http2-frames.ts";

/** A frame that an endpoint wrote. */
export interface WrittenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Cuts what was written into frames; a preface before them is left out. */
export function framesOf(bytes: Buffer): WrittenFrame[] {
  const frames: WrittenFrame[] = [];
  let at = bytes.subarray(0, preface.length).equals(preface) ? preface.length : 0;
  while (at < bytes.length) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    const streamId = bytes.readUInt32BE(at + 5);
    frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, streamId, payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}
