import type { DescField, DescMessage, DescOneof, Message } from "@bufbuild/protobuf";
import { type Any, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { EnvoyApiError, MAX_DEPTH } from "./errors.ts";
import type { FieldRules } from "./rules/compile-field.ts";
import { type MessageRules, ruleCompiler } from "./rules/compile-message.ts";
import type { Schema } from "./schema.ts";
import { fieldValue } from "./walk/local-message.ts";
import { below, type Path, pointerOf } from "./walk/path.ts";
import { type Reach, reachOf } from "./walk/reach.ts";
import { unpackTyped } from "./walk/unpack-any.ts";

/** A broken rule. */
export interface Violation {
  /** JSON pointer in ProtoJSON's camelCase names; `spellPointer` turns it into an input's own spelling. */
  readonly pointer: string;
  /** Kind of rule, as docs/validation.md lists them: `string.min_len`, `oneof.required`, … */
  readonly rule: string;
  /** Full name of the field or `oneof` that the rule is stated on: `envoy.config.core.v3.SocketAddress.port_value`. */
  readonly member: string;
  readonly message: string;
}

/**
 * Checks a message against the rules that Envoy's API states itself (`validate.rules`, protoc-gen-validate), in every
 * message below it and in every `Any`. What Envoy checks beyond them is listed in docs/validation.md.
 *
 * @returns every broken rule, none if it is valid
 * @throws EnvoyApiError `bytes_invalid` where an `Any` does not hold what it says, `too_deep`
 */
export function validateMessage(
  schema: Schema,
  desc: DescMessage,
  message: Message,
  options?: { readonly pointer?: string },
): readonly Violation[] {
  const walk: Walk = { schema, ...rulebookOf(schema), violations: [] };
  visit(walk, desc, message, options?.pointer ?? "", 0);
  return walk.violations;
}

interface Rulebook {
  readonly rulesOf: (desc: DescMessage) => MessageRules;
  readonly reach: Reach;
}

interface Walk extends Rulebook {
  readonly schema: Schema;
  readonly violations: Violation[];
}

const rulebooks = new WeakMap<object, Rulebook>();

function rulebookOf(schema: Schema): Rulebook {
  const known = rulebooks.get(schema.registry);
  if (known !== undefined) return known;
  const rulesOf = ruleCompiler(schema);
  const hasRules = (desc: DescMessage) => rulesOf(desc).fields.length > 0 || rulesOf(desc).requiredOneofs.length > 0;
  const rulebook = { rulesOf, reach: reachOf(hasRules) };
  rulebooks.set(schema.registry, rulebook);
  return rulebook;
}

function visit(walk: Walk, desc: DescMessage, message: Message, path: Path, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new EnvoyApiError("too_deep", `${desc.typeName} lies more than ${MAX_DEPTH} messages deep`);
  if (desc.typeName === "google.protobuf.Any") {
    visitAny(walk, message as Any, path, depth);
    return;
  }
  const rules = walk.rulesOf(desc);
  if (rules.isDisabled) return;
  for (const oneof of rules.requiredOneofs) {
    if (oneof.fields.some((field) => fieldValue(message, field) !== undefined)) continue;
    const names = oneof.fields.map((it) => it.jsonName).join(", ");
    walk.violations.push({
      pointer: pointerOf(path),
      rule: "oneof.required",
      member: memberName(oneof),
      message: `must have one of ${names}`,
    });
  }
  for (const { field, rules: of } of rules.fields) checkField(walk, field, of, message, path);
  for (const { field, kind, message: inner } of walk.reach.branchesOf(desc)) {
    const value = rules.skipped.has(field) ? undefined : fieldValue(message, field);
    if (value === undefined) continue;
    const at = below(path, field.jsonName);
    if (kind === "message") visit(walk, inner, value as Message, at, depth + 1);
    else for (const [key, item] of Object.entries(value as object)) visit(walk, inner, item, below(at, key), depth + 1);
  }
}

function visitAny(walk: Walk, any: Any, path: Path, depth: number): void {
  const held = unpackTyped(walk.schema, any);
  if (held === undefined) return;
  visit(
    walk,
    held.desc,
    held.message,
    held.path.reduce((at, segment) => below(at, segment), path),
    depth + 1,
  );
}

function checkField(walk: Walk, field: DescField, rules: FieldRules, message: Message, path: Path): void {
  const value = plain(field, fieldValue(message, field));
  const at = below(path, field.jsonName);
  if (value === undefined) {
    // In a oneof, the rule binds the member only where that member is the one chosen.
    if (rules.required !== undefined && field.oneof === undefined)
      walk.violations.push({
        pointer: pointerOf(at),
        rule: rules.required,
        member: memberName(field),
        message: "must be set",
      });
    return;
  }
  checkValue(walk, field, rules, value, at);
  if (rules.keys === undefined && rules.items === undefined) return;
  for (const [key, item] of Object.entries(value as object)) {
    const itemAt = below(at, key);
    if (rules.keys !== undefined) checkValue(walk, field, rules.keys, key, itemAt);
    if (rules.items !== undefined) checkValue(walk, field, rules.items, item, itemAt);
  }
}

function checkValue(walk: Walk, field: DescField, rules: FieldRules, value: unknown, at: Path): void {
  if (rules.ignoresEmpty && isEmpty(value)) return;
  for (const { rule, check } of rules.checks) {
    const wrong = check(value);
    if (wrong !== undefined)
      walk.violations.push({ pointer: pointerOf(at), rule, member: memberName(field), message: wrong });
  }
}

function memberName(member: DescField | DescOneof): string {
  return `${member.parent.typeName}.${member.name}`;
}

/** Wrapper types count as what they hold. protobuf-es unwraps them itself but in a `oneof`. */
function plain(field: DescField, value: unknown): unknown {
  if (value === undefined || field.oneof === undefined || field.message === undefined) return value;
  return isWrapperDesc(field.message) ? (value as { value: unknown }).value : value;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === "" || value === 0 || value === 0n;
}
