import { isDeepStrictEqual } from "node:util";
import type { Json } from "../store/store.ts";
import { diffLists } from "./diff-lines.ts";

/** One place where two values in JSON differ. */
export interface FieldDifference {
  /** From the outermost: `loadAssignment.endpoints[0].priority`, `virtualHosts[name=web].domains[1]`; empty: the value itself. */
  readonly path: string;
  /** Absent: there was nothing. */
  readonly before?: Json;
  /** Absent: there is nothing. */
  readonly after?: Json;
}

/**
 * Where two values in JSON differ, by the smallest parts that do, in the order of the newer. Objects in a list are found again
 * by their `name` where all have one; other items by which of them are the same.
 */
export function compareJson(before: Json | undefined, after: Json | undefined, path = ""): FieldDifference[] {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
  }
  if (isList(before) && isList(after)) return compareLists(before, after, path);
  if (isObject(before) && isObject(after)) return compareObjects(before, after, path);
  return isDeepStrictEqual(before, after) ? [] : [{ path, before, after }];
}

type JsonObject = { readonly [key: string]: Json };

function compareObjects(before: JsonObject, after: JsonObject, path: string): FieldDifference[] {
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...keys].flatMap((key) => compareJson(own(before, key), own(after, key), join(path, key)));
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function join(path: string, key: string): string {
  if (!/^[\w@-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function compareLists(before: readonly Json[], after: readonly Json[], path: string): FieldDifference[] {
  const old = byName(before);
  const now = byName(after);
  if (!old || !now) return compareItems(before, after, path);
  const names = new Set([...now.keys(), ...old.keys()]);
  const changed = [...names].flatMap((name) =>
    compareJson(old.get(name), now.get(name), `${path}[name=${spell(name)}]`),
  );
  // The order of filters or routes decides what they do.
  const order = (list: ReadonlyMap<string, Json>, other: ReadonlyMap<string, Json>) =>
    [...list.keys()].filter((name) => other.has(name));
  const [was, is] = [order(old, now), order(now, old)];
  if (!isDeepStrictEqual(was, is)) changed.push({ path: `${path}[order]`, before: was, after: is });
  return changed;
}

function spell(name: string): string {
  return /^[\w./:@-]+$/.test(name) ? name : JSON.stringify(name);
}

/** The items by their names; `undefined` if one has none, or two have the same. */
function byName(list: readonly Json[]): ReadonlyMap<string, Json> | undefined {
  const items = new Map<string, Json>();
  for (const item of list) {
    const name = isObject(item) ? item.name : undefined;
    if (typeof name !== "string" || items.has(name)) return undefined;
    items.set(name, item);
  }
  return items;
}

/** What stands between the same neighbours is compared in its order; the rest has come or gone. */
function compareItems(before: readonly Json[], after: readonly Json[], path: string): FieldDifference[] {
  const differences: FieldDifference[] = [];
  const lines = diffLists(before.map(textOf), after.map(textOf));
  let removed: number[] = [];
  let added: number[] = [];
  const settle = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      const [was, is] = [removed[at], added[at]];
      const [old, now] = [was === undefined ? undefined : before[was], is === undefined ? undefined : after[is]];
      differences.push(...compareJson(old, now, `${path}[${is ?? was}]`));
    }
    removed = [];
    added = [];
  };
  let was = 0;
  let is = 0;
  for (const { kind } of lines) {
    if (kind === "same") settle();
    if (kind !== "added") {
      if (kind === "removed") removed.push(was);
      was++;
    }
    if (kind !== "removed") {
      if (kind === "added") added.push(is);
      is++;
    }
  }
  settle();
  return differences;
}

function textOf(item: Json): string {
  return JSON.stringify(item);
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function isObject(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
