import {
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  type Message,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { typedRuleSets } from "../../src/rules/compile-field.ts";
import type { RuleSet } from "../../src/rules/rule-set.ts";
import type { Schema } from "../../src/schema.ts";
import type { Json, JsonAny } from "./json.ts";

/** A field of an object in a resource's JSON, set or not, and its rules. */
export interface FieldSite {
  readonly object: Json;
  readonly field: DescField;
  readonly rules: ReadonlyMap<string, RuleSet>;
}

/** A `oneof` of an object in a resource's JSON of which one member must be set. */
export interface OneofSite {
  readonly object: Json;
  readonly oneof: DescOneof;
}

/** Every place in a resource where Envoy's API states a rule, through every `Any`. */
export function ruleSites(
  schema: Schema,
  resource: Json,
): { fields: FieldSite[]; oneofs: OneofSite[]; objects: { object: Json; desc: DescMessage }[] } {
  const sites = {
    fields: [] as FieldSite[],
    oneofs: [] as OneofSite[],
    objects: [] as { object: Json; desc: DescMessage }[],
  };
  const rules = schema.registry.getExtension("validate.rules")!;
  const required = schema.registry.getExtension("validate.required")!;
  visit(resource, schema.registry.getMessage("google.protobuf.Any")!);
  return sites;

  function visit(json: JsonAny | undefined, desc: DescMessage): void {
    if (typeof json !== "object" || json === null || Array.isArray(json)) return;
    if (desc.typeName === "google.protobuf.Any") {
      const held = schema.messageOf(String(json["@type"]));
      if (held !== undefined) visit(json, held);
      return;
    }
    if (desc.typeName.startsWith("google.protobuf.")) return;
    sites.objects.push({ object: json, desc });
    for (const oneof of desc.oneofs) if (hasOption(oneof, required)) sites.oneofs.push({ object: json, oneof });
    for (const field of desc.fields) {
      if (hasOption(field, rules))
        sites.fields.push({
          object: json,
          field,
          rules: typedRuleSets(rules.message!, getOption(field, rules) as Message),
        });
      if (field.message === undefined || isWrapperDesc(field.message)) continue;
      const value = json[field.name] ?? json[field.jsonName];
      const children =
        field.fieldKind === "list" && Array.isArray(value)
          ? value
          : field.fieldKind === "map"
            ? Object.values(value ?? {})
            : [value];
      for (const child of children) visit(child as JsonAny | undefined, field.message);
    }
  }
}
