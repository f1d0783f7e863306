import { crc32, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { FairleadError } from "../../errors.ts";

/** Bytes up to which content is kept as it is: of less, compression saves nothing. */
const MAX_PLAIN_BYTES = 512;

/** Bytes of a frame's content, at most: far more than is ever packed, and far less than a file that lies could ask for. */
const MAX_CONTENT_BYTES = 1024 * 1024 * 1024;

const PLAIN = 0;
const ZSTD = 1;

/** Bytes before the content: how it is packed, its length and its checksum. */
const HEAD_BYTES = 9;

/** Packs bytes so that they can follow each other, and damage is seen. */
export function packFrame(content: Uint8Array): Uint8Array {
  const packed = content.length > MAX_PLAIN_BYTES ? zstdCompressSync(content) : content;
  const frame = Buffer.allocUnsafeSlow(HEAD_BYTES + packed.length);
  frame.writeUInt8(packed === content ? PLAIN : ZSTD, 0);
  frame.writeUInt32LE(packed.length, 1);
  frame.writeUInt32LE(crc32(packed), 5);
  frame.set(packed, HEAD_BYTES);
  return frame;
}

/** The contents of frames that follow each other. @throws FairleadError `store-unusable` if they are damaged */
export function* unpackFrames(frames: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) throw damaged("it ends too early");
    const end = at + HEAD_BYTES + bytes.readUInt32LE(at + 1);
    if (end > bytes.length) throw damaged("it ends too early");
    const packed = bytes.subarray(at + HEAD_BYTES, end);
    if (crc32(packed) !== bytes.readUInt32LE(at + 5)) throw damaged("its checksum is another");
    const format = bytes.readUInt8(at);
    if (format > ZSTD) throw damaged(`it is packed in way ${format}, of a newer version`);
    yield format === ZSTD ? zstdDecompressSync(packed, { maxOutputLength: MAX_CONTENT_BYTES }) : packed;
    at = end;
  }
}

/** The bytes of each frame of those that follow each other, without looking into them. @throws FairleadError `store-unusable` if the last ends too early */
export function frameLengths(frames: Uint8Array): readonly number[] {
  const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) throw damaged("it ends too early");
    const length = HEAD_BYTES + bytes.readUInt32LE(at + 1);
    if (at + length > bytes.length) throw damaged("it ends too early");
    lengths.push(length);
    at += length;
  }
  return lengths;
}

function damaged(why: string): FairleadError {
  return new FairleadError("store-unusable", `a record cannot be read: ${why}`);
}
