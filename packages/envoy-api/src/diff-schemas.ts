import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescOneof,
  type DescService,
  getOption,
  hasOption,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { isLooser } from "./rules/is-looser.ts";
import type { Schema } from "./schema.ts";

/** What a change is about. */
export type ChangedElement = "message" | "field" | "oneof" | "enum" | "value" | "service" | "method";

/** One difference between two schemas. */
export interface SchemaChange {
  readonly kind: "added" | "removed" | "changed";
  readonly element: ChangedElement;
  /** Full name; a field's is its message's with its own: `envoy.config.core.v3.Node.id`. */
  readonly name: string;
  /** What of it changed; absent where it is there in only one of the schemas. */
  readonly property?: "name" | "number" | "type" | "oneof" | "rules" | "deprecated" | "disallowed";
  /** In words; for what is there in only one of the schemas, what it is there. */
  readonly before?: string;
  readonly after?: string;
  /** Whether something that was right by the first schema may be wrong by the second. */
  readonly isBreaking: boolean;
}

/**
 * What differs from one schema to another: messages, fields, enums, services and rules, by full name. Of a message that is
 * new or gone, its fields are not told one by one. A change of rules counts as breaking unless it is plain that they allow
 * no less.
 */
export function diffSchemas(before: Schema, after: Schema): readonly SchemaChange[] {
  const changes: SchemaChange[] = [];
  const now = typesOf(after);
  for (const [name, then] of typesOf(before)) {
    const twin = now.get(name);
    now.delete(name);
    if (twin === undefined || twin.kind !== then.kind) {
      changes.push({ kind: "removed", element: then.kind, name, isBreaking: true });
      if (twin) changes.push({ kind: "added", element: twin.kind, name, isBreaking: false });
    } else if (then.kind === "message" && twin.kind === "message") {
      changes.push(...messageChanges(sideOf(before, then), sideOf(after, twin)));
    } else if (then.kind === "enum" && twin.kind === "enum") changes.push(...enumChanges(then, twin));
    else if (then.kind === "service" && twin.kind === "service") changes.push(...serviceChanges(then, twin));
  }
  for (const [name, { kind }] of now) changes.push({ kind: "added", element: kind, name, isBreaking: false });
  return changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

type NamedType = DescMessage | DescEnum | DescService;

function typesOf(schema: Schema): Map<string, NamedType> {
  const types = new Map<string, NamedType>();
  for (const desc of schema.registry) {
    if (desc.kind === "extension" || (desc.kind === "message" && desc.proto.options?.mapEntry)) continue;
    types.set(desc.typeName, desc);
  }
  return types;
}

/** A message, and how the options of its schema are read. */
interface Side {
  readonly message: DescMessage;
  readonly schema: Schema;
}

function sideOf(schema: Schema, message: DescMessage): Side {
  return { message, schema };
}

function* messageChanges(before: Side, after: Side): Generator<SchemaChange> {
  const { typeName } = before.message;
  yield* deprecation("message", typeName, before.message, after.message);
  const rest = new Set(after.message.fields);
  for (const field of before.message.fields) {
    const twin = after.message.fields.find(({ name }) => name === field.name) ?? renamed(field, before, after);
    if (!twin) {
      yield {
        kind: "removed",
        element: "field",
        name: `${typeName}.${field.name}`,
        before: typeText(field),
        isBreaking: true,
      };
      continue;
    }
    rest.delete(twin);
    yield* fieldChanges(field, twin, before.schema, after.schema);
  }
  for (const field of rest) {
    yield {
      kind: "added",
      element: "field",
      name: `${typeName}.${field.name}`,
      after: typeText(field),
      isBreaking: false,
    };
  }
  yield* oneofChanges(before, after);
}

/** A field of the same number and type whose name neither schema has in the other message. */
function renamed(field: DescField, before: Side, after: Side): DescField | undefined {
  return after.message.fields.find(
    (it) =>
      it.number === field.number &&
      typeText(it) === typeText(field) &&
      !before.message.fields.some(({ name }) => name === it.name),
  );
}

function* fieldChanges(before: DescField, after: DescField, then: Schema, now: Schema): Generator<SchemaChange> {
  const name = `${before.parent.typeName}.${before.name}`;
  const changed = { kind: "changed", element: "field", name } as const;
  const compare = (property: "name" | "number" | "type" | "oneof", a: string, b: string): SchemaChange[] =>
    a === b ? [] : [{ ...changed, property, before: a, after: b, isBreaking: true }];
  yield* compare("name", before.name, after.name);
  yield* compare("number", String(before.number), String(after.number));
  yield* compare("type", typeText(before), typeText(after));
  yield* compare("oneof", before.oneof?.name ?? "none", after.oneof?.name ?? "none");
  yield* deprecation("field", name, before, after);
  yield* disallowance(changed, isDisallowed(then, before), isDisallowed(now, after));
  yield* ruleChange(changed, rulesOf(then, before), rulesOf(now, after));
}

function* disallowance(
  changed: Pick<SchemaChange, "kind" | "element" | "name">,
  before: boolean,
  after: boolean,
): Generator<SchemaChange> {
  if (before === after) return;
  yield { ...changed, property: "disallowed", before: String(before), after: String(after), isBreaking: after };
}

type Rules = { readonly [key: string]: unknown };

function* ruleChange(
  changed: Pick<SchemaChange, "kind" | "element" | "name">,
  before: Rules | undefined,
  after: Rules | undefined,
): Generator<SchemaChange> {
  const texts = { before: rulesText(before), after: rulesText(after) };
  if (texts.before === texts.after) return;
  yield { ...changed, property: "rules", ...texts, isBreaking: !isLooser(after, before) };
}

function rulesText(rules: Rules | undefined): string {
  return rules === undefined ? "none" : JSON.stringify(rules);
}

function* oneofChanges(before: Side, after: Side): Generator<SchemaChange> {
  for (const oneof of after.message.oneofs) {
    const twin = before.message.oneofs.find(({ name }) => name === oneof.name);
    const changed = { kind: "changed", element: "oneof", name: `${before.message.typeName}.${oneof.name}` } as const;
    const then = twin && isRequired(before.schema, twin) ? { required: true } : undefined;
    yield* ruleChange(changed, then, isRequired(after.schema, oneof) ? { required: true } : undefined);
  }
}

function* enumChanges(before: DescEnum, after: DescEnum): Generator<SchemaChange> {
  const nameOf = (value: string) => `${before.typeName}.${value}`;
  for (const value of before.values) {
    const twin = after.values.find(({ name }) => name === value.name);
    const name = nameOf(value.name);
    if (!twin) {
      yield { kind: "removed", element: "value", name, before: String(value.number), isBreaking: true };
      continue;
    }
    if (twin.number !== value.number) {
      const numbers = { before: String(value.number), after: String(twin.number) };
      yield { kind: "changed", element: "value", name, property: "number", ...numbers, isBreaking: true };
    }
    yield* deprecation("value", name, value, twin);
  }
  for (const value of after.values) {
    if (before.values.some(({ name }) => name === value.name)) continue;
    yield { kind: "added", element: "value", name: nameOf(value.name), after: String(value.number), isBreaking: false };
  }
}

function* serviceChanges(before: DescService, after: DescService): Generator<SchemaChange> {
  const textOf = ({ input, output, methodKind }: DescService["methods"][number]) =>
    `${methodKind} ${input.typeName} → ${output.typeName}`;
  for (const method of before.methods) {
    const twin = after.methods.find(({ name }) => name === method.name);
    const name = `${before.typeName}.${method.name}`;
    const then = textOf(method);
    if (!twin) yield { kind: "removed", element: "method", name, before: then, isBreaking: true };
    else if (textOf(twin) !== then) {
      const texts = { before: then, after: textOf(twin) };
      yield { kind: "changed", element: "method", name, property: "type", ...texts, isBreaking: true };
    }
  }
  for (const method of after.methods) {
    if (before.methods.some(({ name }) => name === method.name)) continue;
    const name = `${before.typeName}.${method.name}`;
    yield { kind: "added", element: "method", name, after: textOf(method), isBreaking: false };
  }
}

function* deprecation(
  element: ChangedElement,
  name: string,
  before: { readonly deprecated: boolean },
  after: { readonly deprecated: boolean },
): Generator<SchemaChange> {
  if (before.deprecated === after.deprecated) return;
  const texts = { before: String(before.deprecated), after: String(after.deprecated) };
  yield { kind: "changed", element, name, property: "deprecated", ...texts, isBreaking: false };
}

/** A field's type as a .proto file has it. */
function typeText(field: DescField): string {
  if (field.fieldKind === "map") {
    const value = field.message?.typeName ?? field.enum?.typeName ?? scalarText(field.scalar);
    return `map<${scalarText(field.mapKey)}, ${value}>`;
  }
  const item = field.message?.typeName ?? field.enum?.typeName ?? scalarText(field.scalar);
  return field.fieldKind === "list" ? `repeated ${item}` : item;
}

function scalarText(scalar: ScalarType | undefined): string {
  return scalar === undefined ? "unknown" : ScalarType[scalar].toLowerCase();
}

/** Envoy refuses a field so marked, unless its runtime allows it. */
function isDisallowed(schema: Schema, field: DescField): boolean {
  return optionOf(schema, "envoy.annotations.disallowed_by_default", field) === true;
}

function isRequired(schema: Schema, oneof: DescOneof): boolean {
  return optionOf(schema, "validate.required", oneof) === true;
}

function rulesOf(schema: Schema, field: DescField): Rules | undefined {
  const extension = schema.registry.getExtension("validate.rules");
  const rules = optionOf(schema, "validate.rules", field);
  if (extension?.message === undefined || rules === undefined) return undefined;
  return toJson(extension.message, rules as Message, { registry: schema.registry, useProtoFieldName: true }) as Rules;
}

function optionOf(schema: Schema, option: string, element: DescField | DescOneof): unknown {
  const extension: DescExtension | undefined = schema.registry.getExtension(option);
  return extension && hasOption(element, extension) ? getOption(element, extension) : undefined;
}
