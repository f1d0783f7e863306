import { isObject } from "./check-well-known.ts";
import { pointerTo, segmentsOf } from "./pointer.ts";

/**
 * Turns a pointer in camelCase names (of a violation, of a reference) into the spelling that the input uses, so that it
 * can be found in a file. Follows the input as far as it goes: the pointer of a field that must be set but is not ends
 * where the input does, in the spelling of its neighbours.
 */
export function spellPointer(json: unknown, pointer: string): string {
  let at: unknown = json;
  let spelled = "";
  for (const segment of segmentsOf(pointer)) {
    const key = isObject(at) && !Object.hasOwn(at, segment) ? keyLike(at, segment) : segment;
    spelled = pointerTo(spelled, key);
    at = isObject(at) || Array.isArray(at) ? (at as Readonly<Record<string, unknown>>)[key] : undefined;
  }
  return spelled;
}

function keyLike(json: Readonly<Record<string, unknown>>, camelCase: string): string {
  const snakeCase = camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const keys = Object.keys(json);
  const same = keys.find((key) => key.replaceAll("_", "").toLowerCase() === camelCase.toLowerCase());
  return same ?? (keys.some((key) => key.includes("_")) ? snakeCase : camelCase);
}
