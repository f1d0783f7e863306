import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { typedRuleSets } from "../../src/rules/compile-field.ts";
import type { RuleSet } from "../../src/rules/rule-set.ts";
import type { Schema } from "../../src/schema.ts";
import type { Json, JsonAny } from "./json.ts";
import type { Random } from "./random.ts";
import { type FieldSite, ruleSites } from "./rule-sites.ts";

/**
 * Changes one thing in a resource: mostly a value at or just over the edge of a rule, else its shape.
 *
 * @returns what was changed, for people
 */
export function mutate(schema: Schema, random: Random, resource: Json): string {
  const sites = ruleSites(schema, resource);
  const choice = random.integer(20);
  if (choice === 0) return breakShape(random, random.pick(sites.objects).object);
  if (choice < 3 && sites.oneofs.length > 0) {
    const { object, oneof } = random.pick(sites.oneofs);
    for (const field of oneof.fields) clear(object, field);
    return `no ${oneof.parent.typeName}.${oneof.name}`;
  }
  return bend(random, schema.registry.getMessage("validate.FieldRules")!, random.pick(sites.fields));
}

function breakShape(random: Random, object: Json): string {
  const key = random.pick(
    Object.keys(object)
      .filter((it) => it !== "@type")
      .concat("surplus"),
  );
  switch (random.integer(3)) {
    case 0:
      object[`${key}x`] = 1;
      return `unknown field ${key}x`;
    case 1:
      object[key] = [[]];
      return `${key} of a wrong type`;
    default:
      delete object[key];
      return `no ${key}`;
  }
}

function bend(random: Random, rulesDesc: DescMessage, { object, field, rules }: FieldSite): string {
  const [type, set] = random.pick([...rules]);
  const rule = random.pick([...set.keys()]);
  const value = bentValue(random, rulesDesc, field, type, rule, set, object[field.name]);
  for (const sibling of field.oneof?.fields ?? []) clear(object, sibling);
  clear(object, field);
  if (value !== undefined) object[field.name] = value;
  return `${field.parent.typeName}.${field.name}: ${type}.${rule} ${JSON.stringify(value)?.slice(0, 80) ?? "unset"}`;
}

function clear(object: Json, field: DescField): void {
  delete object[field.name];
  delete object[field.jsonName];
}

/** A value at the edge of a rule or over it; `undefined` to unset the field. */
function bentValue(
  random: Random,
  rulesDesc: DescMessage,
  field: DescField,
  type: string,
  rule: string,
  set: RuleSet,
  old: JsonAny | undefined,
): JsonAny | undefined {
  const limit = set.get(rule);
  switch (rule) {
    case "required":
      return undefined;
    case "items":
    case "values":
      return bentCollection(random, rulesDesc, field, rule, limit as Message, old);
    case "keys":
      return { "": mapValue(old) };
    case "min_pairs":
      return {};
    case "min_items":
      return [];
    case "max_items":
      return Array.isArray(old) && old.length > 0
        ? Array.from({ length: Number(limit) + 1 }, () => structuredClone(old[0]!))
        : [];
    case "unique":
      return Array.isArray(old) && old.length > 0 ? [old[0]!, old[0]!] : undefined;
    default:
      return bentScalar(random, type, rule, set, limit);
  }
}

function mapValue(old: JsonAny | undefined): JsonAny {
  return Object.values((old as Json | undefined) ?? {})[0] ?? {};
}

function bentCollection(
  random: Random,
  rulesDesc: DescMessage,
  field: DescField,
  rule: string,
  rules: Message,
  old: JsonAny | undefined,
): JsonAny | undefined {
  const [type, set] = random.pick([...typedRuleSets(rulesDesc, rules)]) ?? [];
  if (type === undefined || set === undefined) return [];
  const inner = random.pick([...set.keys()]);
  const value = bentScalar(random, type, inner, set, set.get(inner)) ?? "";
  if (rule === "values") return { key: value };
  return [...(Array.isArray(old) ? old : []), ...(field.message === undefined ? [value] : [])];
}

function bentScalar(random: Random, type: string, rule: string, set: RuleSet, limit: unknown): JsonAny | undefined {
  if (type === "duration") return bentDuration(random, limit as Duration);
  switch (rule) {
    case "lt":
    case "lte":
    case "gt":
    case "gte": {
      const near = Number(limit) + random.pick([-1, 0, 1]);
      return type.startsWith("u") ? Math.max(0, near) : near;
    }
    case "const":
      return type === "bool" ? limit !== true : String(limit);
    case "defined_only":
      return random.pick([0, 1, 4711]);
    case "not_in":
      return type === "enum" ? random.pick(limit as number[]) : String((limit as unknown[])[0]);
    case "in":
      return random.pick(["nonsense", String((limit as unknown[])[0])]);
    case "min_len":
    case "min_bytes":
    case "ignore_empty":
      return random.pick(["", type === "bytes" ? "AA==" : "x"]);
    case "max_len":
    case "max_bytes":
      return random.pick([Number(limit), Number(limit) + 1]) > Number(limit)
        ? "x".repeat(Number(limit) + 1)
        : "x".repeat(Number(limit));
    case "pattern":
      return random.pick(["/a", "/a/", "/?", "a#b", "", "a.mmdb"]);
    case "well_known_regex":
    case "strict":
      return random.pick(
        set.get("well_known_regex") === 1
          ? ["x-fine", "not fine", "line\nbreak", ":path", "", "nul\0"]
          : ["fine value", "line\nbreak", "cr\r", "del\u007f", "tab\t", "nul\0"],
      );
    default:
      return undefined;
  }
}

function bentDuration(random: Random, limit: Duration): string {
  const nanos = limit.seconds * 1_000_000_000n + BigInt(limit.nanos) + random.pick([-1_000_000n, 0n, 1_000_000n]);
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  return `${sign}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, "0")}s`;
}
