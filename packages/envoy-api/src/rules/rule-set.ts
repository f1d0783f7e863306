import { type DescMessage, isFieldSet, type Message, ScalarType } from "@bufbuild/protobuf";
import { fieldValue } from "../walk/local-message.ts";

/** The rules that are set in a message of protoc-gen-validate (`StringRules`, …), by name as in `validate.proto`. */
export type RuleSet = ReadonlyMap<string, unknown>;

/** Says what is wrong with a value, `undefined` if nothing. */
export type Check = (value: unknown) => string | undefined;

/**
 * Makes a rule's check from its limit (`5` of `min_len: 5`) and the rules beside it; `undefined` for a rule that checks
 * nothing by itself.
 */
export type Rule = (limit: never, all: RuleSet) => Check | undefined;

/** Rules of one type, by name. */
export type RuleTable = Readonly<Record<string, Rule>>;

/** Reads a rules message into names and limits. Generic, since another schema brings its own `validate.proto`. */
export function ruleSetOf(desc: DescMessage, rules: Message): RuleSet {
  const set = new Map<string, unknown>();
  for (const field of desc.fields) {
    if (!isFieldSet(rules, field)) continue;
    const value = fieldValue(rules, field);
    const isOff =
      field.fieldKind === "scalar" && field.scalar === ScalarType.BOOL && field.oneof !== undefined && value === false;
    if (!isOff) set.set(field.name, value);
  }
  return set;
}

/** A rule that only steers others or is looked at elsewhere. */
export const STEERS: Rule = () => undefined;
