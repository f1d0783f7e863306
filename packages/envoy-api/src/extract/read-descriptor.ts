import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Wire types of `google.protobuf.FileDescriptorProto`, by field number. */
const WIRE_TYPES = new Map([
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15].map((number) => [number, LENGTH_DELIMITED] as const),
  ...[10, 11, 14].map((number) => [number, VARINT] as const),
]);

/**
 * Reads the `FileDescriptorProto` that begins at `start`, whose end nothing tells: fields come in the order of their
 * numbers, so the first byte that begins no later field of that message is behind it. `undefined`: there is none.
 */
export function readDescriptor(bytes: Uint8Array, start: number): FileDescriptorProto | undefined {
  const ends = fieldEnds(bytes, start);
  // What follows may look like one more field by chance; then it does not decode.
  for (const end of ends.toReversed()) {
    const file = decoded(new Uint8Array(bytes.subarray(start, end))); // a copy: options stay bytes, and the window goes
    if (file) return hasContent(file) ? file : undefined;
  }
  return undefined;
}

function fieldEnds(bytes: Uint8Array, start: number): number[] {
  const ends: number[] = [];
  let last = 0;
  let at = start;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (!tag) break;
    const number = tag.value >>> 3;
    if (number < last || (number === 1 && ends.length > 0) || WIRE_TYPES.get(number) !== (tag.value & 7)) break;
    const value = readVarint(bytes, tag.end);
    if (!value) break;
    const end = WIRE_TYPES.get(number) === VARINT ? value.end : value.end + value.value;
    if (end > bytes.length) break;
    ends.push(end);
    last = number;
    at = end;
  }
  return ends;
}

/** A varint of at most 31 bits; `undefined` for another. */
function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value < 2 ** 31 ? { value, end: at + index + 1 } : undefined;
  }
  return undefined;
}

function decoded(bytes: Uint8Array): FileDescriptorProto | undefined {
  try {
    return fromBinary(FileDescriptorProtoSchema, bytes);
  } catch {
    return undefined;
  }
}

/** A lone string that ends in `.proto` is no descriptor. */
function hasContent({ messageType, enumType, service, extension, dependency }: FileDescriptorProto): boolean {
  return [messageType, enumType, service, extension, dependency].some((list) => list.length > 0);
}
