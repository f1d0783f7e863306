/** JSON that can be changed in place. */
export type Json = { [key: string]: JsonAny };
export type JsonAny = null | boolean | number | string | JsonAny[] | Json;

/** The type URL of a message, as `@type`. */
export function typed(typeName: string, fields: Json = {}): Json {
  return { "@type": `type.googleapis.com/${typeName}`, ...fields };
}
