/** A message in ProtoJSON. */
export type Json = Readonly<Record<string, unknown>>;

/** The message in a field; empty where it is not set, so that what lies below reads as not set too. */
export function messageIn(json: Json, field: string): Json {
  const value = json[field];
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

/** The messages of a repeated field, each with its pointer below `pointer`. */
export function listIn(json: Json, field: string, pointer: string): readonly (readonly [Json, string])[] {
  const value = json[field];
  if (!Array.isArray(value)) return [];
  return value.map((item: Json, index) => [item, `${pointer}/${field}/${index}`] as const);
}

/** The text of a field, `""` where it is not set. */
export function textIn(json: Json, field: string): string {
  const value = json[field];
  return typeof value === "string" ? value : "";
}

/** The type that an `Any` holds. */
export function typeIn(any: Json): string {
  return nameOf(textIn(any, "@type"));
}

/** The type of the HTTP filter whose configuration an `Any` holds; of a `TypedStruct`, the one that it stands for. */
export function filterTypeIn(any: Json): string {
  const type = typeIn(any);
  return TYPED_STRUCTS.has(type) ? nameOf(textIn(any, "typeUrl")) : type;
}

const TYPED_STRUCTS: ReadonlySet<string> = new Set(["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"]);

function nameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}
