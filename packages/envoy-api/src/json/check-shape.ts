import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type ScalarType,
} from "@bufbuild/protobuf";
import { MAX_DEPTH } from "../errors.ts";
import type { Schema } from "../schema.ts";
import { typeNameOf, typeUrlOf } from "../type-urls.ts";
import { below, type Path, pointerOf } from "../walk/path.ts";
import { TYPED_STRUCTS } from "../walk/unpack-any.ts";
import { expectedKey, expectedScalar, isEnumValue } from "./check-scalar.ts";
import { expectedWellKnown, isObject } from "./check-well-known.ts";
import type { Fault } from "./fault.ts";
import { nearest } from "./nearest.ts";

/** More would not be read by anybody. */
const MAX_FAULTS = 100;

/**
 * Says where a JSON value does not have the shape of a message type, all places of it. Field names in camelCase and as in
 * the .proto files, like Envoy.
 */
export function checkShape(schema: Schema, desc: DescMessage, json: unknown, pointer: string): readonly Fault[] {
  const faults: Fault[] = [];
  const sensitive = schema.registry.getExtension("udpa.annotations.sensitive");
  checkMessage({ schema, faults, sensitive, isSecret: false }, desc, json, pointer, 0);
  return faults;
}

interface Walk {
  readonly schema: Schema;
  readonly faults: Fault[];
  /** Marks the fields that hold secrets; `undefined`: the schema lacks it. */
  readonly sensitive: DescExtension | undefined;
  /** Whether this is below such a field: what stands there is not quoted, since faults are logged. */
  readonly isSecret: boolean;
}

function checkMessage(walk: Walk, desc: DescMessage, json: unknown, path: Path, depth: number): void {
  if (walk.faults.length >= MAX_FAULTS) return;
  if (depth >= MAX_DEPTH) {
    report(walk, { pointer: pointerOf(path), code: "too_deep", message: `nested more than ${MAX_DEPTH} deep` });
    return;
  }
  if (desc.typeName === "google.protobuf.Any") {
    checkAny(walk, json, path, depth);
    return;
  }
  const expected = expectedWellKnown(desc, json);
  if (expected === "fits") return;
  if (expected !== undefined) {
    wrongType(walk, path, expected, json);
    return;
  }
  if (!isObject(json)) {
    wrongType(walk, path, `object (${desc.typeName})`, json);
    return;
  }
  checkFields(walk, desc, json, path, depth, undefined);
}

function checkAny(walk: Walk, json: unknown, path: Path, depth: number): void {
  if (!isObject(json)) {
    wrongType(walk, path, "object with @type", json);
    return;
  }
  if (Object.keys(json).length === 0) return;
  const desc = typeIn(walk, json, path);
  if (desc === undefined) return;
  const isSpecial = desc.typeName === "google.protobuf.Any" || expectedWellKnown(desc, null) !== undefined;
  if (!isSpecial) {
    checkFields(walk, desc, json, path, depth + 1, "@type");
    if (TYPED_STRUCTS.has(desc.typeName)) checkTypedStruct(walk, json, path, depth + 1);
    return;
  }
  for (const key of Object.keys(json)) {
    if (key === "value") checkMessage(walk, desc, json[key], below(path, key), depth + 1);
    else if (key !== "@type") unknownField(walk, desc, key, below(path, key), ["value"]);
  }
}

/** Envoy reads a `TypedStruct` as the type that it names, if it has it. */
function checkTypedStruct(walk: Walk, json: Readonly<Record<string, unknown>>, path: Path, depth: number): void {
  const typeUrl = json.typeUrl ?? json.type_url;
  const desc = typeof typeUrl === "string" ? walk.schema.messageOf(typeUrl) : undefined;
  if (desc !== undefined && isObject(json.value)) checkMessage(walk, desc, json.value, below(path, "value"), depth);
}

/** The message type that an object's `@type` names. */
function typeIn(walk: Walk, json: Readonly<Record<string, unknown>>, path: Path): DescMessage | undefined {
  const type = json["@type"];
  if (type === undefined) {
    const expected = '"@type": "type.googleapis.com/…"';
    report(walk, { pointer: pointerOf(path), code: "missing_type", message: `expected ${expected}`, expected });
    return undefined;
  }
  const at = below(path, "@type");
  if (typeof type !== "string") {
    wrongType(walk, at, "string", type);
    return undefined;
  }
  const desc = type.includes("/") ? walk.schema.messageOf(type) : undefined;
  if (desc !== undefined) return desc;
  const near = nearestType(walk.schema, typeNameOf(type));
  const hint = near === undefined ? {} : { nearest: near };
  report(walk, {
    pointer: pointerOf(at),
    code: "unknown_type",
    message: `unknown type ${JSON.stringify(type)}${didYouMean(near)}`,
    ...hint,
  });
  return undefined;
}

function checkFields(
  walk: Walk,
  desc: DescMessage,
  json: Readonly<Record<string, unknown>>,
  path: Path,
  depth: number,
  except: string | undefined,
): void {
  const seen = new Map<string, string>();
  for (const [key, value] of Object.entries(json)) {
    if (key === except) continue;
    const at = below(path, key);
    const field = fieldsOf(desc).get(key);
    if (field === undefined) {
      unknownField(walk, desc, key, at);
      continue;
    }
    if (value !== null) checkTwice(walk, seen, field, key, at);
    checkField(walk, field, value, at, depth + 1);
  }
}

function checkTwice(walk: Walk, seen: Map<string, string>, field: DescField, key: string, at: Path): void {
  const slot = field.oneof?.name ?? field.name;
  const other = seen.get(slot);
  seen.set(slot, key);
  if (other === undefined) return;
  const why =
    field.oneof === undefined
      ? "the same field"
      : `at most one of ${field.oneof.fields.map((it) => it.name).join(", ")}`;
  report(walk, { pointer: pointerOf(at), code: "set_twice", message: `${other} is set too: ${why}` });
}

function checkField(walk: Walk, field: DescField, json: unknown, path: Path, depth: number): void {
  if (json === null && field.message?.typeName !== "google.protobuf.Value") return; // unset, as ProtoJSON has it
  if (!walk.isSecret && isSensitive(walk, field)) {
    checkField({ ...walk, isSecret: true }, field, json, path, depth);
    return;
  }
  switch (field.fieldKind) {
    case "scalar":
      checkScalar(walk, field.scalar, json, path);
      return;
    case "enum":
      checkEnum(walk, field.enum, json, path);
      return;
    case "message":
      checkMessage(walk, field.message, json, path, depth);
      return;
    case "list":
      if (!Array.isArray(json)) {
        wrongType(walk, path, "array", json);
        return;
      }
      json.forEach((item, index) => {
        checkItem(walk, field, item, below(path, index), depth);
      });
      return;
    case "map":
      if (!isObject(json)) {
        wrongType(walk, path, "object", json);
        return;
      }
      for (const [key, value] of Object.entries(json)) {
        const expected = expectedKey(field.mapKey, key);
        if (expected !== undefined) wrongType(walk, below(path, key), `${expected} for a key`, key);
        checkItem(walk, field, value, below(path, key), depth);
      }
  }
}

function checkItem(
  walk: Walk,
  field: DescField & { fieldKind: "list" | "map" },
  json: unknown,
  path: Path,
  depth: number,
): void {
  if (field.message !== undefined) {
    checkMessage(walk, field.message, json, path, depth);
    return;
  }
  if (field.enum !== undefined) {
    checkEnum(walk, field.enum, json, path);
    return;
  }
  if (field.scalar !== undefined) checkScalar(walk, field.scalar, json, path);
}

function checkScalar(walk: Walk, scalar: ScalarType, json: unknown, path: Path): void {
  const expected = expectedScalar(scalar, json);
  if (expected !== undefined) wrongType(walk, path, expected, json);
}

function checkEnum(walk: Walk, desc: DescEnum, json: unknown, path: Path): void {
  if (isEnumValue(desc, json)) return;
  const names = desc.values.map((it) => it.name);
  const expected = names.length <= 12 ? `one of ${names.join(", ")}` : `value of ${desc.typeName}`;
  if (typeof json !== "string") {
    wrongType(walk, path, expected, json);
    return;
  }
  const near = nearest(json, names);
  const hint = near === undefined ? {} : { nearest: near };
  const message = `unknown value ${JSON.stringify(json)}${didYouMean(near) || `, expected ${expected}`}`;
  report(walk, { pointer: pointerOf(path), code: "unknown_value", message, expected, ...hint });
}

function unknownField(walk: Walk, desc: DescMessage, key: string, path: Path, known?: readonly string[]): void {
  const names = known ?? desc.fields.map((it) => (key.includes("_") ? it.name : it.jsonName));
  const near = nearest(key, names);
  const hint = near === undefined ? {} : { nearest: near };
  const message = `${desc.typeName} has no field ${JSON.stringify(key)}${didYouMean(near)}`;
  report(walk, { pointer: pointerOf(path), code: "unknown_field", message, ...hint });
}

function wrongType(walk: Walk, path: Path, expected: string, json: unknown): void {
  report(walk, {
    pointer: pointerOf(path),
    code: "wrong_type",
    message: `expected ${expected}, got ${excerpt(json, walk.isSecret)}`,
    expected,
  });
}

function excerpt(json: unknown, isSecret: boolean): string {
  if (json === undefined) return "nothing";
  if (isObject(json)) return "an object";
  if (Array.isArray(json)) return "an array";
  if (isSecret) return `a ${typeof json}`;
  const text = JSON.stringify(json);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Prefers types of the same last name: mostly the package is what went wrong (an old API version, a moved extension). */
function nearestType(schema: Schema, typeName: string): string | undefined {
  const names = [...schema.registry].filter((it) => it.kind === "message").map((it) => it.typeName);
  const last = typeName.slice(typeName.lastIndexOf(".") + 1).toLowerCase();
  const namesakes = names.filter((it) => it.slice(it.lastIndexOf(".") + 1).toLowerCase() === last);
  const near = nearest(typeName, namesakes, Number.POSITIVE_INFINITY) ?? nearest(typeName, names);
  return near === undefined ? undefined : typeUrlOf(near);
}

function isSensitive({ sensitive }: Walk, field: DescField): boolean {
  return sensitive !== undefined && hasOption(field, sensitive) && getOption(field, sensitive) === true;
}

function didYouMean(near: string | undefined): string {
  return near === undefined ? "" : `, did you mean ${near}?`;
}

function report(walk: Walk, fault: Fault): void {
  walk.faults.push(fault);
}

const fieldsByDesc = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

function fieldsOf(desc: DescMessage): ReadonlyMap<string, DescField> {
  const known = fieldsByDesc.get(desc);
  if (known !== undefined) return known;
  const fields = new Map(desc.fields.flatMap((it) => [[it.name, it] as const, [it.jsonName, it] as const]));
  fieldsByDesc.set(desc, fields);
  return fields;
}
