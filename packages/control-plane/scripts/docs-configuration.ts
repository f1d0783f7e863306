import { z } from "zod";
import { configSchema } from "../src/config/config.ts";
import { GENERATED, type JsonSchema, markdownTable, typeInWords } from "./json-schema.ts";

/** docs/configuration.md, written from the schema that the configuration is checked by. */
export function renderConfiguration(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;
  return `${[GENERATED, "# Configuration", INTRODUCTION, ...renderObject(schema, "")].join("\n\n")}\n`;
}

const INTRODUCTION = `\`fairlead serve\` reads \`fairlead.yaml\` of the working directory, or the file that \`--config\` names. Every field has a
default, so that an empty file, or none, works. An unknown field, or a value that makes no sense, is refused with file,
line and column. What the command line says goes before the file.

\`\`\`yaml
resources: ./xds                 # *.yaml and *.json here are group default, ./xds/<group>/ is that group
groups:                          # the first rule that matches says which group serves a node
  - cluster: edge-*
    group: "{node.cluster}"
  - group: default
references: { cluster: error }   # refuse a route to a cluster that does not exist
\`\`\``;

/** A table of the object's own fields, then a section for each object below it. */
function renderObject(schema: JsonSchema, path: string): string[] {
  const fields = Object.entries(schema.properties ?? {});
  const rows = fields.map(([name, field]) => [
    `\`${path}${name}\``,
    typeOf(field),
    defaultOf(field),
    field.description ?? "",
  ]);
  const nested = fields.flatMap(([name, field]) => {
    const inner = field.type === "array" ? field.items : field;
    if (!inner?.properties) return [];
    const innerPath = `${path}${name}${field.type === "array" ? "[]" : ""}.`;
    return [`## ${innerPath.slice(0, -1)}`, field.description ?? "", ...renderObject(inner, innerPath)];
  });
  return [markdownTable(["field", "type", "default", "meaning"], rows), ...nested.filter((part) => part !== "")];
}

function typeOf(field: JsonSchema): string {
  return field.unit ? `${field.unit}${rangeOf(field)}` : typeInWords(field);
}

function rangeOf({ minimum = 0, maximum = Number.POSITIVE_INFINITY }: JsonSchema): string {
  const from = minimum > 0 ? `, at least ${minimum.toLocaleString("en")}` : "";
  return maximum < 2 ** 31 - 1 ? `${from}, at most ${maximum.toLocaleString("en")}` : from;
}

function defaultOf({ default: value }: JsonSchema): string {
  if (value === undefined || (typeof value === "object" && value !== null)) return "";
  return `\`${String(value)}\``;
}
