import { create, type DescMessage, type JsonObject, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { type Any, AnySchema, anyPack, StructSchema } from "@bufbuild/protobuf/wkt";
import { decode } from "./decode.ts";
import { EnvoyApiError } from "./errors.ts";
import { isObject } from "./json/check-well-known.ts";
import type { Schema } from "./schema.ts";
import { sortMaps } from "./walk/sort-maps.ts";

/**
 * A resource as ProtoJSON (camelCase) with its `@type` first. An `Any` of a type that the schema lacks becomes
 * `{ "@type": …, "value": <its bytes in base64> }`: to be looked at, it can't be read back. With
 * `unknownTypes: "refused"` it is an error instead, for what others are to read. Fields that the schema lacks are left out.
 *
 * @throws EnvoyApiError `type_unknown`, `bytes_invalid`, `too_deep`
 */
export function resourceToJson(
  schema: Schema,
  typeUrl: string,
  value: Uint8Array,
  options: { readonly unknownTypes?: "shown" | "refused" } = {},
): JsonObject {
  const desc = schema.messageOf(typeUrl);
  if (desc === undefined) throw new EnvoyApiError("type_unknown", `the schema has no type ${typeUrl}`);
  const message = decode(desc, value);
  return { "@type": typeUrl, ...(write(schema, desc, message, options.unknownTypes ?? "shown") as JsonObject) };
}

function write(schema: Schema, desc: DescMessage, message: Message, unknownTypes: "shown" | "refused"): JsonValue {
  if (unknownTypes === "shown") return readable(schema, desc, message);
  try {
    return toJson(desc, message, { registry: schema.registry });
  } catch (cause) {
    throw new EnvoyApiError("type_unknown", (cause as Error).message, { cause });
  }
}

function readable(schema: Schema, desc: DescMessage, message: Message): JsonValue {
  const { registry } = schema;
  try {
    return toJson(desc, message, { registry });
  } catch {
    return unmarked(toJson(desc, sortMaps(schema, desc, message, marked), { registry }));
  }
}

const MARK = "(type unknown to the schema)";

/** protobuf-es writes no `Any` that it can't read: a `Struct` takes its place on the way. */
function marked(any: Any): Any {
  if (any.typeUrl === "") return any;
  const bytes = Buffer.from(any.value).toString("base64");
  const kinds = { [MARK]: any.typeUrl, bytes };
  const fields = Object.fromEntries(
    Object.entries(kinds).map(([key, text]) => [key, { kind: { case: "stringValue" as const, value: text } }]),
  );
  return create(AnySchema, anyPack(StructSchema, create(StructSchema, { fields })));
}

function unmarked(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(unmarked);
  if (!isObject(json)) return json;
  const { value } = json;
  if (isObject(value) && MARK in value) return { "@type": value[MARK] as string, value: value.bytes as string };
  return Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, unmarked(inner as JsonValue)]));
}
