import { type DescMessage, type JsonObject, type JsonValue, type Message, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { EnvoyApiError, MAX_DEPTH } from "../errors.ts";
import type { Schema } from "../schema.ts";
import { fieldValue } from "./local-message.ts";
import { type Branch, reachOf } from "./reach.ts";
import { unpackAny } from "./unpack-any.ts";

type Mutable = Message & { [property: string]: unknown };

/** What becomes of an `Any` whose type the schema lacks. */
export type OnOpaque = (any: Any) => Any;

/**
 * The same message with its maps in order, within every `Any` too; copies only along the way to a map or an `Any`.
 *
 * @throws EnvoyApiError `bytes_invalid`, `too_deep`
 */
export function sortMaps(schema: Schema, desc: DescMessage, message: Message, onOpaque: OnOpaque): Message {
  return sorted({ schema, onOpaque }, desc, message, 0);
}

interface Walk {
  readonly schema: Schema;
  readonly onOpaque: OnOpaque;
}

function sorted(walk: Walk, desc: DescMessage, message: Message, depth: number): Message {
  if (depth > MAX_DEPTH)
    throw new EnvoyApiError("too_deep", `${desc.typeName} lies more than ${MAX_DEPTH} messages deep`);
  if (desc.typeName === "google.protobuf.Any") return sortedAny(walk, message as Any, depth);
  const branches = reachOfMaps.branchesOf(desc);
  const keyed = keyedFieldsOf(desc);
  if (branches.length === 0 && keyed.length === 0) return message;

  const copy: Mutable = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
  for (const branch of branches) sortBranch(walk, copy, branch, depth + 1);
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

function sortedAny(walk: Walk, any: Any, depth: number): Message {
  const held = unpackAny(walk.schema, any);
  if (held === undefined) return walk.onOpaque(any);
  const value = toBinary(held.desc, sorted(walk, held.desc, held.message, depth + 1));
  return Object.assign(Object.create(Object.getPrototypeOf(any)), any, { value });
}

function sortBranch(walk: Walk, copy: Mutable, branch: Branch, depth: number): void {
  const value = fieldValue(copy, branch.field);
  if (value === undefined) return;
  const each = (item: unknown) => sorted(walk, branch.message, item as Message, depth);
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

const reachOfMaps = reachOf((desc) => keyedFieldsOf(desc).length > 0);

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
