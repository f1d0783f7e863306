import type { Json } from "../../store/store.ts";

/**
 * Applies a JSON merge patch (RFC 7396). A field may be spelled as in the .proto files or in camelCase: both are the same
 * field, so that a patch replaces what another layer has spelled otherwise.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const fields = new Map(isJsonObject(target) ? Object.entries(target) : []);
  const spelled = new Map([...fields.keys()].map((key) => [snakeCase(key), key]));
  for (const [key, value] of Object.entries(patch)) {
    const known = spelled.get(snakeCase(key)) ?? key;
    if (value === null) fields.delete(known);
    else fields.set(known, mergePatch(fields.get(known), value));
  }
  return Object.fromEntries(fields);
}

/** Whether a value is an object, and no array. */
export function isJsonObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
