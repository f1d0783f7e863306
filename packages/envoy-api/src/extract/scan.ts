import type { FileHandle } from "node:fs/promises";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { readDescriptor } from "./read-descriptor.ts";

/** Bytes looked at at a time: the memory that a scan takes, however large the executable is. */
const WINDOW_BYTES = 16 * 1024 * 1024;

/** Bytes of one descriptor, at most; Envoy's largest has some 30,000. */
const MAX_DESCRIPTOR_BYTES = 2 * 1024 * 1024;

/** Characters of a file's name, at most. */
const MAX_NAME_BYTES = 300;

const SUFFIX = Buffer.from(".proto");
const NAME_TAG = 0x0a;

/** Sees each window of a file, and the bytes in it that no later window begins with. */
export type Look = (window: Buffer, ownBytes: number) => void;

/** Goes through a file in windows that overlap by one descriptor, so that each is whole in one of them. */
export async function scanWindows(handle: FileHandle, look: Look): Promise<void> {
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, size + 1));
  for (let position = 0; ; position += WINDOW_BYTES - MAX_DESCRIPTOR_BYTES) {
    const length = await readFully(handle, buffer, position);
    const isLast = length < buffer.length;
    look(buffer.subarray(0, length), isLast ? length : WINDOW_BYTES - MAX_DESCRIPTOR_BYTES);
    if (isLast) return;
  }
}

async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

/** The descriptors that begin in the first `ownBytes` of a window: `0x0A`, a length, a name that ends in `.proto`. */
export function* descriptorsIn(window: Buffer, ownBytes: number): Generator<FileDescriptorProto> {
  for (let at = window.indexOf(SUFFIX); at >= 0; at = window.indexOf(SUFFIX, at + 1)) {
    const start = startOfName(window, at + SUFFIX.length);
    if (start === undefined || start >= ownBytes) continue;
    const found = readDescriptor(window, start);
    if (found) yield found;
  }
}

/** Where the field `name` begins whose text ends at `end`. */
function startOfName(window: Buffer, end: number): number | undefined {
  for (let length = SUFFIX.length + 1; length <= MAX_NAME_BYTES && length + 2 <= end; length++) {
    const at = end - length;
    if (!isNameByte(window[at]!)) return undefined;
    if (length < 0x80) {
      if (window[at - 1] === length && window[at - 2] === NAME_TAG) return at - 2;
    } else if (
      window[at - 1] === length >> 7 &&
      window[at - 2] === (length & 0x7f) + 0x80 &&
      window[at - 3] === NAME_TAG
    )
      return at - 3;
  }
  return undefined;
}

/** A letter, a digit, or one of `_ - . / +`. */
function isNameByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x2d && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f ||
    byte === 0x2b
  );
}
