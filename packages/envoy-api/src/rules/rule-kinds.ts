import { type DescExtension, type DescMessage, getOption, hasOption, type Message } from "@bufbuild/protobuf";
import type { Schema } from "../schema.ts";
import { COVERED_RULE_KINDS, typedRuleSets } from "./compile-field.ts";

/** How often each kind of rule (`string.min_len`, `oneof.required`, …) occurs in a schema. */
export function ruleKinds(schema: Schema): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const rules = schema.registry.getExtension("validate.rules");
  for (const desc of schema.registry) {
    if (desc.kind !== "message") continue;
    for (const field of desc.fields) {
      if (rules?.message !== undefined && hasOption(field, rules))
        countRules(rules.message, getOption(field, rules) as Message, count);
    }
    for (const oneof of desc.oneofs)
      if (isOn(schema, "required", (it) => hasOption(oneof, it))) count("oneof.required");
    for (const option of ["disabled", "ignored"]) {
      if (isOn(schema, option, (it) => hasOption(desc, it))) count(`options.${option}`);
    }
  }
  return counts;
}

/** The kinds of rules in a schema that the interpreter passes over: none in the default one. */
export function uncoveredRuleKinds(schema: Schema): readonly string[] {
  return [...ruleKinds(schema).keys()].filter((kind) => !COVERED_RULE_KINDS.has(kind)).sort();
}

function isOn(schema: Schema, option: string, has: (extension: DescExtension) => boolean): boolean {
  const extension = schema.registry.getExtension(`validate.${option}`);
  return extension !== undefined && has(extension);
}

function countRules(rulesDesc: DescMessage, rules: Message, count: (kind: string) => void): void {
  for (const [type, set] of typedRuleSets(rulesDesc, rules)) {
    for (const [name, value] of set) {
      count(`${type}.${name}`);
      if (["items", "keys", "values"].includes(name)) countRules(rulesDesc, value as Message, count);
    }
  }
}
