import {
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  type Message,
} from "@bufbuild/protobuf";
import type { Schema } from "../schema.ts";
import { compileField, type FieldRules } from "./compile-field.ts";

/** What a message type's rules come to. */
export interface MessageRules {
  /** Nothing of it is looked at. */
  readonly isDisabled: boolean;
  readonly fields: readonly { readonly field: DescField; readonly rules: FieldRules }[];
  readonly requiredOneofs: readonly DescOneof[];
  /** Fields whose messages are not looked into. */
  readonly skipped: ReadonlySet<DescField>;
}

const NO_RULES: MessageRules = { isDisabled: false, fields: [], requiredOneofs: [], skipped: new Set() };

/** Compiles the rules of message types of one schema, each at its first use. */
export function ruleCompiler(schema: Schema): (desc: DescMessage) => MessageRules {
  const compiled = new Map<string, MessageRules>();
  const extension = (name: string) => schema.registry.getExtension(`validate.${name}`);
  const [rules, required, disabled] = [extension("rules"), extension("required"), extension("disabled")];
  return (desc) => {
    const known = compiled.get(desc.typeName);
    if (known !== undefined) return known;
    const found = rules === undefined ? NO_RULES : compile(desc, rules, required, disabled);
    compiled.set(desc.typeName, found);
    return found;
  };
}

function compile(
  desc: DescMessage,
  rules: DescExtension,
  required: DescExtension | undefined,
  disabled: DescExtension | undefined,
): MessageRules {
  const rulesDesc = rules.message;
  if (rulesDesc === undefined) return NO_RULES;
  const fields = desc.fields
    .filter((field) => hasOption(field, rules))
    .map((field) => ({ field, rules: compileField(field, rulesDesc, getOption(field, rules) as Message) }));
  const requiredOneofs = desc.oneofs.filter(
    (it) => required !== undefined && hasOption(it, required) && getOption(it, required) === true,
  );
  const isDisabled = disabled !== undefined && hasOption(desc, disabled) && getOption(desc, disabled) === true;
  const skipped = new Set(fields.filter((it) => it.rules.skips || it.rules.items?.skips).map((it) => it.field));
  if (fields.length === 0 && requiredOneofs.length === 0 && !isDisabled) return NO_RULES;
  return { isDisabled, fields, requiredOneofs, skipped };
}
