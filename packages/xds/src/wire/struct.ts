import { MAX_DEPTH, tagOf, WIRE, WireReader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { sizeOfBytesField, sizeOfStringField, sizeOfVarint, WireWriter } from "./writer.ts";

/** A JSON object, as `google.protobuf.Struct` holds one. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

const FIELDS = tagOf(1, WIRE.bytes);
const KEY = tagOf(1, WIRE.bytes);
const VALUE = tagOf(2, WIRE.bytes);
const ITEMS = tagOf(1, WIRE.bytes);
const NULL = tagOf(1, WIRE.varint);
const NUMBER = tagOf(2, WIRE.fixed64);
const STRING = tagOf(3, WIRE.bytes);
const BOOL = tagOf(4, WIRE.varint);
const STRUCT = tagOf(5, WIRE.bytes);
const LIST = tagOf(6, WIRE.bytes);

/** Reads a `google.protobuf.Struct` as JSON. A value of no kind reads as `null`. @throws WireError */
export function readStruct(bytes: Uint8Array | WireReader, depth = 0): JsonObject {
  const reader = bytes instanceof WireReader ? bytes : new WireReader(bytes);
  const object: Record<string, unknown> = {};
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === FIELDS) readField(reader.message(), object, depth);
    else reader.skip(tag);
  }
  return object;
}

function readField(reader: WireReader, object: Record<string, unknown>, depth: number): void {
  let key = "";
  let value: unknown = null;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === KEY) key = reader.string();
    else if (tag === VALUE) value = readValue(reader.message(), depth + 1);
    else reader.skip(tag);
  }
  // defined, not assigned: the key may be "__proto__"
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function readValue(reader: WireReader, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new WireError("TOO_DEEP", reader.pos, `values nest deeper than ${MAX_DEPTH}`);
  let value: unknown = null;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === STRING) value = reader.string();
    else if (tag === NUMBER) value = reader.double();
    else if (tag === BOOL) value = reader.varint() !== 0;
    else if (tag === STRUCT) value = readStruct(reader.message(), depth);
    else if (tag === LIST) value = readList(reader.message(), depth);
    else {
      reader.skip(tag);
      if (tag === NULL) value = null;
    }
  }
  return value;
}

function readList(reader: WireReader, depth: number): unknown[] {
  const list: unknown[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === ITEMS) list.push(readValue(reader.message(), depth + 1));
    else reader.skip(tag);
  }
  return list;
}

/**
 * Encodes a JSON object as a `google.protobuf.Struct`. What JSON does not know (`undefined`, functions) is `null`.
 */
export function encodeStruct(object: JsonObject): Uint8Array {
  const fields: Uint8Array[] = [];
  for (const [key, value] of Object.entries(object)) {
    const encoded = encodeValue(value);
    const entry = new WireWriter(sizeOfStringField(key) + sizeOfBytesField(encoded.length));
    entry.stringField(1, key);
    entry.bytesField(2, encoded);
    fields.push(entry.finish());
  }
  return encodeElements(fields);
}

function encodeValue(value: unknown): Uint8Array {
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value === "string") return encodeBytes(3, Buffer.from(value));
  if (typeof value === "boolean") return encodeVarint(4, value ? 1 : 0);
  if (Array.isArray(value)) return encodeBytes(6, encodeElements(value.map(encodeValue)));
  if (typeof value === "object" && value !== null) return encodeBytes(5, encodeStruct(value as JsonObject));
  return encodeVarint(1, 0);
}

function encodeNumber(value: number): Uint8Array {
  const writer = new WireWriter(9);
  writer.doubleField(2, value);
  return writer.finish();
}

function encodeVarint(field: number, value: number): Uint8Array {
  const writer = new WireWriter(1 + sizeOfVarint(value));
  writer.varintField(field, value);
  return writer.finish();
}

function encodeBytes(field: number, bytes: Uint8Array): Uint8Array {
  const writer = new WireWriter(sizeOfBytesField(bytes.length));
  writer.bytesField(field, bytes);
  return writer.finish();
}

/** The one repeated field that a `Struct` and a `ListValue` consist of. */
function encodeElements(elements: readonly Uint8Array[]): Uint8Array {
  const writer = new WireWriter(elements.reduce((size, element) => size + sizeOfBytesField(element.length), 0));
  for (const element of elements) writer.bytesField(1, element);
  return writer.finish();
}
