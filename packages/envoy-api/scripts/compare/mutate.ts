import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { typedRuleSets } from "../../src/rules/compile-field.ts";
import { ruleKinds } from "../../src/rules/rule-kinds.ts";
import type { RuleSet } from "../../src/rules/rule-set.ts";
import type { Schema } from "../../src/schema.ts";
import type { Json, JsonAny } from "./json.ts";
import type { Random } from "./random.ts";
import { type FieldSite, ruleSites } from "./rule-sites.ts";

/** What was changed in a resource. */
export interface Mutation {
  /** For people. */
  readonly what: string;
  /** The kinds of rule that were tried: `string.min_len`, or `repeated.items` and the one below it. */
  readonly rules: readonly string[];
}

/** Changes one thing in a resource: mostly a value at or just over the edge of a rule, else its shape. */
export function mutate(schema: Schema, random: Random, resource: Json): Mutation {
  const sites = ruleSites(schema, resource);
  const choice = random.integer(20);
  if (choice === 0) return { what: breakShape(random, random.pick(sites.objects).object), rules: [] };
  if (choice < 3 && sites.oneofs.length > 0) {
    const { object, oneof } = random.pick(sites.oneofs);
    for (const field of oneof.fields) clear(object, field);
    return { what: `no ${oneof.parent.typeName}.${oneof.name}`, rules: ["oneof.required"] };
  }
  return bend(random, schema.registry.getMessage("validate.FieldRules")!, pickRare(random, schema, sites.fields));
}

/** One rule of one field. */
interface RuleSite extends FieldSite {
  readonly type: string;
  readonly rule: string;
  readonly set: RuleSet;
}

/** Kinds of rule that the schema states seldom are picked more often than by chance, so that they are tried as well. */
function pickRare(random: Random, schema: Schema, fields: readonly FieldSite[]): RuleSite {
  const all = fields.flatMap((site) =>
    [...site.rules].flatMap(([type, set]) => [...set.keys()].map((rule) => ({ ...site, type, set, rule }))),
  );
  const counts = ruleCounts(schema);
  const kinds = [...Map.groupBy(all, (it) => `${it.type}.${it.rule}`)].map(([kind, sites]) => ({
    sites,
    weight: 1 / (counts.get(kind) ?? 1) ** 0.5,
  }));
  let left = (random.integer(1_000_000) / 1_000_000) * kinds.reduce((sum, it) => sum + it.weight, 0);
  const picked = kinds.find((it) => {
    left -= it.weight;
    return left < 0;
  });
  return random.pick((picked ?? kinds[0]!).sites);
}

let counted: ReadonlyMap<string, number> | undefined;

function ruleCounts(schema: Schema): ReadonlyMap<string, number> {
  counted ??= ruleKinds(schema);
  return counted;
}

function breakShape(random: Random, object: Json): string {
  const keys = Object.keys(object).filter((it) => it !== "@type");
  const key = random.pick([...keys, "surplus"]);
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

function bend(random: Random, rulesDesc: DescMessage, site: RuleSite): Mutation {
  const { object, field, type, rule, set } = site;
  const bent = bentValue(random, rulesDesc, field, type, rule, set, object[field.name]);
  const { value, inner } = isInner(bent) ? bent : { value: bent, inner: undefined };
  for (const sibling of field.oneof?.fields ?? []) clear(object, sibling);
  clear(object, field);
  if (value !== undefined) object[field.name] = value;
  const shown = JSON.stringify(value)?.slice(0, 80) ?? "unset";
  const rules = [`${type}.${rule}`, ...(inner === undefined ? [] : [inner])];
  return { what: `${field.parent.typeName}.${field.name}: ${rules.join(" ")} ${shown}`, rules };
}

function clear(object: Json, field: DescField): void {
  delete object[field.name];
  delete object[field.jsonName];
}

/** A list or a map with one item at the edge of the rule `inner`, or over it. */
interface Bent {
  readonly value: JsonAny;
  readonly inner: string;
}

function isInner(bent: JsonAny | undefined | Bent): bent is Bent {
  return typeof bent === "object" && bent !== null && "inner" in bent && typeof bent.inner === "string";
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
): JsonAny | undefined | Bent {
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
      return Array.isArray(old) && old.length > 0
        ? [old[0]!, old[0]!]
        : random.pick([
            ["x-a", "x-a"],
            ["x-a", "x-b"],
          ]);
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
): Bent {
  const [type, set] = random.pick([...typedRuleSets(rulesDesc, rules)]);
  const name = random.pick([...set.keys()]);
  const item = bentScalar(random, type, name, set, set.get(name)) ?? "";
  const inner = `${type}.${name}`;
  if (rule === "values") return { value: { key: item }, inner };
  return { value: [...(Array.isArray(old) ? old : []), ...(field.message === undefined ? [item] : [])], inner };
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
    case "max_bytes": {
      const text = "x".repeat(Number(limit) + random.integer(2));
      return type === "bytes" ? Buffer.from(text).toString("base64") : text;
    }
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
