import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { fieldValue } from "../walk/local-message.ts";
import { ANY_RULES } from "./any-rules.ts";
import { BYTES_RULES } from "./bytes-rules.ts";
import { MAP_RULES, REPEATED_RULES } from "./collection-rules.ts";
import { DURATION_RULES } from "./duration-rules.ts";
import { enumRules } from "./enum-rules.ts";
import { BOOL_RULES, NUMBER_RULES } from "./number-rules.ts";
import { type Check, type RuleSet, type RuleTable, ruleSetOf } from "./rule-set.ts";
import { STRING_RULES } from "./string-rules.ts";

/** One rule of one field. */
export interface FieldCheck {
  /** As in `validate.proto`: `string.min_len`, … */
  readonly rule: string;
  readonly check: Check;
}

/** What a field's rules come to. */
export interface FieldRules {
  /** Must be set: the rule's name. */
  readonly required: string | undefined;
  /** A zero value breaks no rule. */
  readonly ignoresEmpty: boolean;
  /** Messages in it are not looked into. */
  readonly skips: boolean;
  readonly checks: readonly FieldCheck[];
  readonly keys: FieldRules | undefined;
  /** Rules of a list's items or a map's values. */
  readonly items: FieldRules | undefined;
}

/** Rule tables by the name that `validate.proto`'s `FieldRules` gives the type; enums have one each. */
const TABLES: Readonly<Record<string, RuleTable>> = {
  ...Object.fromEntries(
    [
      "float",
      "double",
      "int32",
      "int64",
      "uint32",
      "uint64",
      "sint32",
      "sint64",
      "fixed32",
      "fixed64",
      "sfixed32",
      "sfixed64",
    ].map((type) => [type, NUMBER_RULES]),
  ),
  bool: BOOL_RULES,
  string: STRING_RULES,
  bytes: BYTES_RULES,
  repeated: REPEATED_RULES,
  map: MAP_RULES,
  any: ANY_RULES,
  duration: DURATION_RULES,
};

/** Rule kinds that the interpreter covers, as `string.min_len`. */
export const COVERED_RULE_KINDS: ReadonlySet<string> = new Set([
  ...Object.entries(TABLES).flatMap(([type, table]) => Object.keys(table).map((rule) => `${type}.${rule}`)),
  ...["const", "in", "not_in", "defined_only"].map((rule) => `enum.${rule}`),
  ...["message.required", "message.skip", "oneof.required", "options.disabled"],
]);

/** Reads a `validate.FieldRules` message. Rules that are not covered are passed over. */
export function compileField(field: DescField, rulesDesc: DescMessage, rules: Message): FieldRules {
  const sets = typedRuleSets(rulesDesc, rules);
  const message = sets.get("message");
  const checks: FieldCheck[] = [];
  let required = message?.get("required") === true ? "message.required" : undefined;
  let ignoresEmpty = false;
  let keys: FieldRules | undefined;
  let items: FieldRules | undefined;
  for (const [type, set] of sets) {
    if (type === "message") continue;
    if (set.get("required") === true) required = `${type}.required`;
    if (set.get("ignore_empty") === true) ignoresEmpty = true;
    checks.push(...checksOf(type, field, set));
    keys ??= nested(field, rulesDesc, set.get("keys"));
    items ??= nested(field, rulesDesc, set.get("items") ?? set.get("values"));
  }
  return { required, ignoresEmpty, skips: message?.get("skip") === true, checks, keys, items };
}

/** The rules in a `FieldRules` message by type: `string`, `message`, … */
export function typedRuleSets(rulesDesc: DescMessage, rules: Message): ReadonlyMap<string, RuleSet> {
  const sets = new Map<string, RuleSet>();
  for (const field of rulesDesc.fields) {
    const value = fieldValue(rules, field);
    if (value !== undefined && field.message !== undefined)
      sets.set(field.name, ruleSetOf(field.message, value as Message));
  }
  return sets;
}

function checksOf(type: string, field: DescField, set: RuleSet): readonly FieldCheck[] {
  const table = type === "enum" && field.enum !== undefined ? enumRules(field.enum) : TABLES[type];
  const checks: FieldCheck[] = [];
  for (const [name, limit] of set) {
    const check = table?.[name]?.(limit as never, set);
    if (check !== undefined) checks.push({ rule: `${type}.${name}`, check });
  }
  return checks;
}

function nested(field: DescField, rulesDesc: DescMessage, rules: unknown): FieldRules | undefined {
  return rules === undefined ? undefined : compileField(field, rulesDesc, rules as Message);
}
