import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";

/** Which dynamic parameters of a client a variant of a resource is for (xDS transport proposal TP2). */
export type ConstraintRule =
  | { readonly kind: "value"; readonly key: string; readonly value: string }
  | { readonly kind: "exists"; readonly key: string }
  | { readonly kind: "and" | "or"; readonly of: readonly ConstraintRule[] }
  | { readonly kind: "not"; readonly of: ConstraintRule };

/** A resource's `dynamic_parameter_constraints`. */
export interface Constraints {
  readonly rule: ConstraintRule;
  /** The encoded `DynamicParameterConstraints`, to be sent as it is. */
  readonly value: Uint8Array;
}

/** The message `envoy.service.discovery.v3.DynamicParameterConstraints` as protobuf-es keeps it. */
export interface ConstraintsMessage extends Message {
  readonly type:
    | { readonly case: "constraint"; readonly value: SingleConstraint }
    | {
        readonly case: "orConstraints" | "andConstraints";
        readonly value: { readonly constraints: readonly ConstraintsMessage[] };
      }
    | { readonly case: "notConstraints"; readonly value: ConstraintsMessage }
    | { readonly case: undefined };
}

interface SingleConstraint {
  readonly key: string;
  readonly constraintType:
    | { readonly case: "value"; readonly value: string }
    | { readonly case: "exists" }
    | { readonly case: undefined };
}

/** Reads constraints; `undefined` where they constrain nothing. */
export function constraintsOf(desc: DescMessage, message: ConstraintsMessage): Constraints | undefined {
  const rule = ruleOf(message);
  return isAlways(rule) ? undefined : { rule, value: toBinary(desc, message) };
}

/** Whether a client with these parameters is meant. A parameter that the rule does not name makes no difference. */
export function matchesConstraints(rule: ConstraintRule, parameters: ReadonlyMap<string, string>): boolean {
  if (rule.kind === "value") return parameters.get(rule.key) === rule.value;
  if (rule.kind === "exists") return parameters.has(rule.key);
  if (rule.kind === "not") return !matchesConstraints(rule.of, parameters);
  const matches = (part: ConstraintRule) => matchesConstraints(part, parameters);
  return rule.kind === "and" ? rule.of.every(matches) : rule.of.some(matches);
}

/** A rule in words: `env=prod & !version`. Equal for equal rules. */
export function describeConstraints(rule: ConstraintRule): string {
  if (rule.kind === "value") return `${rule.key}=${rule.value}`;
  if (rule.kind === "exists") return rule.key;
  if (rule.kind === "not") return `!${inBrackets(rule.of)}`;
  return rule.of.map(inBrackets).join(rule.kind === "and" ? " & " : " | ") || rule.kind;
}

function inBrackets(rule: ConstraintRule): string {
  const isSimple = rule.kind !== "and" && rule.kind !== "or";
  return isSimple ? describeConstraints(rule) : `(${describeConstraints(rule)})`;
}

/** Nothing said is no constraint: it always holds. */
function ruleOf({ type }: ConstraintsMessage): ConstraintRule {
  if (type.case === "notConstraints") return { kind: "not", of: ruleOf(type.value) };
  if (type.case === "orConstraints") return { kind: "or", of: type.value.constraints.map(ruleOf) };
  if (type.case === "andConstraints") return { kind: "and", of: type.value.constraints.map(ruleOf) };
  if (type.case !== "constraint") return ALWAYS;
  const { key, constraintType } = type.value;
  return constraintType.case === "value"
    ? { kind: "value", key, value: constraintType.value }
    : { kind: "exists", key };
}

const ALWAYS: ConstraintRule = { kind: "and", of: [] };

function isAlways(rule: ConstraintRule): boolean {
  return rule.kind === "and" && rule.of.every(isAlways);
}
