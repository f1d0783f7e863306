import { type DescMessage, type JsonObject, type JsonValue, type Message, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { decode } from "./decode.ts";
import { EnvoyApiError, MAX_DEPTH } from "./errors.ts";
import type { Schema } from "./schema.ts";
import { fieldValue } from "./walk/local-message.ts";
import { type Branch, type Reach, reachOf } from "./walk/reach.ts";
import { unpackAny } from "./walk/unpack-any.ts";

/**
 * Encodes a message so that equal content gives equal bytes on every replica: fields by number, map keys sorted, inside
 * every `Any` too. An `Any` of a type that the schema lacks keeps its bytes. Does not change `message`.
 *
 * @throws EnvoyApiError `bytes_invalid` where an `Any` does not hold what it says, `too_deep`
 * @see protocol.md C6
 */
export function encodeDeterministic(schema: Schema, desc: DescMessage, message: Message): Uint8Array<ArrayBuffer> {
  return encode(schema, desc, message, 0);
}

/**
 * Brings bytes of unknown origin into the form of {@link encodeDeterministic}. Bytes of a type that the schema lacks
 * are returned as they are.
 *
 * @throws EnvoyApiError `bytes_invalid`, `too_deep`
 */
export function normalize(schema: Schema, typeUrl: string, value: Uint8Array): Uint8Array {
  const desc = schema.messageOf(typeUrl);
  return desc === undefined ? value : encode(schema, desc, decode(desc, value), 0);
}

type Mutable = Message & { [property: string]: unknown };

const reaches = new WeakMap<object, Reach>();

function encode(schema: Schema, desc: DescMessage, message: Message, depth: number): Uint8Array<ArrayBuffer> {
  return toBinary(desc, sorted(schema, desc, message, depth));
}

/** The same message with its maps in order; copies only along the way to a map or an `Any`. */
function sorted(schema: Schema, desc: DescMessage, message: Message, depth: number): Message {
  if (depth > MAX_DEPTH)
    throw new EnvoyApiError("too_deep", `${desc.typeName} lies more than ${MAX_DEPTH} messages deep`);
  if (desc.typeName === "google.protobuf.Any") return sortedAny(schema, message as Any, depth);
  const branches = reachOfMaps(schema).branchesOf(desc);
  const keyed = keyedFieldsOf(desc);
  if (branches.length === 0 && keyed.length === 0) return message;

  const copy: Mutable = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
  for (const branch of branches) sortBranch(schema, copy, branch, depth + 1);
  for (const field of keyed) {
    const value = fieldValue(copy, field);
    if (value === undefined) continue;
    put(
      copy,
      field,
      field.fieldKind === "map"
        ? sortedRecord(value as Record<string, unknown>, isStruct(field))
        : sortedAll(field, value),
    );
  }
  return copy;
}

function sortedAny(schema: Schema, any: Any, depth: number): Message {
  const held = unpackAny(schema, any);
  if (held === undefined) return any;
  const value = encode(schema, held.desc, held.message, depth + 1);
  return Object.assign(Object.create(Object.getPrototypeOf(any)), any, { value });
}

function sortBranch(schema: Schema, copy: Mutable, branch: Branch, depth: number): void {
  const value = fieldValue(copy, branch.field);
  if (value === undefined) return;
  const each = (item: unknown) => sorted(schema, branch.message, item as Message, depth);
  if (branch.kind === "message") put(copy, branch.field, each(value));
  else if (branch.kind === "list") put(copy, branch.field, (value as unknown[]).map(each));
  else put(copy, branch.field, mapRecord(value as Record<string, unknown>, each));
}

function put(copy: Mutable, field: DescMessage["fields"][number], value: unknown): void {
  if (field.oneof === undefined) copy[field.localName] = value;
  else copy[field.oneof.localName] = { case: field.localName, value };
}

/** Maps, and `Struct`s, which protobuf-es keeps as plain objects. */
function keyedFieldsOf(desc: DescMessage): readonly DescMessage["fields"][number][] {
  const known = keyedFields.get(desc);
  if (known !== undefined) return known;
  const found = desc.fields.filter((field) => field.fieldKind === "map" || isStruct(field));
  keyedFields.set(desc, found);
  return found;
}

const keyedFields = new WeakMap<DescMessage, readonly DescMessage["fields"][number][]>();

function isStruct(field: DescMessage["fields"][number]): boolean {
  return field.message?.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value";
}

function sortedAll(field: DescMessage["fields"][number], value: unknown): unknown {
  if (field.fieldKind === "list") return (value as JsonValue[]).map(sortedJson);
  return sortedJson(value as JsonValue);
}

function sortedRecord(record: Record<string, unknown>, holdsStructs: boolean): Record<string, unknown> {
  return mapRecord(record, holdsStructs ? (value) => sortedJson(value as JsonValue) : (value) => value);
}

/** Keys in one order wherever the object came from. (Integer-like keys come first in any JavaScript object.) */
function mapRecord(record: Record<string, unknown>, each: (value: unknown) => unknown): Record<string, unknown> {
  const keys = Object.keys(record).sort();
  return Object.fromEntries(keys.map((key) => [key, each(record[key])]));
}

function sortedJson(value: JsonValue): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sortedJson);
  return mapRecord(value, (inner) => sortedJson(inner as JsonValue)) as JsonObject;
}

function reachOfMaps(schema: Schema): Reach {
  const known = reaches.get(schema.registry);
  if (known !== undefined) return known;
  const reach = reachOf(schema, (desc) => keyedFieldsOf(desc).length > 0);
  reaches.set(schema.registry, reach);
  return reach;
}
