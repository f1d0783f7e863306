import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Schema } from "@fairlead/envoy-api";
import { type IsSensitive, REDACTED, sensitiveIn } from "./sensitive.ts";

/**
 * A resource's ProtoJSON without its secrets: every string below a field that Envoy's API marks as sensitive (private
 * keys, passwords, session tickets) is replaced, inside `Any` too; and, as in `redactBytes`, what the schema does not know,
 * for it may be a secret: that is every string in a `TypedStruct` of an unknown type, or in an unknown field of a known one.
 */
export function redactJson(schema: Schema, json: JsonObject): JsonObject {
  const isSensitive = sensitiveIn(schema);
  return isSensitive ? (redactAny({ schema, isSensitive }, json) as JsonObject) : json;
}

interface Redaction {
  readonly schema: Schema;
  readonly isSensitive: IsSensitive;
}

function redactAny(redaction: Redaction, json: JsonValue): JsonValue {
  if (!isObject(json)) return json;
  const type = json["@type"];
  const desc = typeof type === "string" ? redaction.schema.messageOf(type) : undefined;
  return desc ? redactMessage(redaction, desc, json) : json;
}

function redactMessage(redaction: Redaction, desc: DescMessage, json: JsonValue): JsonValue {
  if (desc.typeName === "google.protobuf.Any") return redactAny(redaction, json);
  if (!isObject(json) || desc.typeName.startsWith("google.protobuf.")) return json;
  if (desc.name === "TypedStruct") return redactTypedStruct(redaction, json);
  // In a struct's clothes, fields may have either name.
  const fields = new Map(desc.fields.flatMap((field) => [field.name, field.jsonName].map((name) => [name, field])));
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const field = fields.get(key);
      if (key === "@type") return [key, value];
      return [key, field ? redactField(redaction, field, value) : redactAll(value)];
    }),
  );
}

/** Fields of a type in the clothes of a struct. */
function redactTypedStruct(redaction: Redaction, json: JsonObject): JsonValue {
  const { typeUrl, value } = json;
  const desc = typeof typeUrl === "string" ? redaction.schema.messageOf(typeUrl) : undefined;
  if (value === undefined) return json;
  return { ...json, value: desc ? redactMessage(redaction, desc, value) : redactAll(value) };
}

function redactField(redaction: Redaction, field: DescField, json: JsonValue): JsonValue {
  if (redaction.isSensitive(field)) return redactAll(json);
  const desc = "message" in field ? field.message : undefined;
  if (!desc) return json;
  if (Array.isArray(json)) return json.map((item) => redactMessage(redaction, desc, item));
  if (field.fieldKind !== "map" || !isObject(json)) return redactMessage(redaction, desc, json);
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, redactMessage(redaction, desc, item)]));
}

function redactAll(json: JsonValue): JsonValue {
  if (typeof json === "string") return REDACTED;
  if (Array.isArray(json)) return json.map(redactAll);
  if (!isObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, redactAll(value)]));
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
