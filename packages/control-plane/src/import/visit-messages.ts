import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { type Schema, typeNameOf } from "@fairlead/envoy-api";
import { isJson, type Json } from "./json.ts";

/** Sees a message's JSON, which it may change; what lies below is visited afterwards. */
export type Visit = (desc: DescMessage, json: Json) => void;

/** Shows every message in a message's JSON, in each `Any` too. */
export function visitMessages(schema: Schema, typeName: string, json: unknown, visit: Visit): void {
  const desc = schema.registry.getMessage(typeName);
  if (desc) visitMessage(schema, desc, json, visit);
}

function visitMessage(schema: Schema, desc: DescMessage, json: unknown, visit: Visit): void {
  if (!isJson(json)) return;
  if (desc.typeName === "google.protobuf.Any") {
    const type = json["@type"];
    const inner = typeof type === "string" ? schema.registry.getMessage(typeNameOf(type)) : undefined;
    if (inner) visitMessage(schema, inner, json, visit);
    return;
  }
  if (desc.typeName.startsWith("google.protobuf.")) return;
  visit(desc, json);
  for (const field of desc.fields) {
    const value = json[field.name] ?? json[field.jsonName];
    if (value !== undefined) visitField(schema, field, value, visit);
  }
}

function visitField(schema: Schema, field: DescField, value: unknown, visit: Visit): void {
  if (!field.message) return;
  const items = Array.isArray(value)
    ? value
    : field.fieldKind === "map" && isJson(value)
      ? Object.values(value)
      : [value];
  for (const item of items) visitMessage(schema, field.message, item, visit);
}
