/** The part of JSON Schema that zod writes. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** What a number counts. */
  readonly unit?: string;
}

/** A schema's type in words, with links to named schemas on the same page. */
export function typeInWords(schema: JsonSchema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf) return schema.anyOf.map(typeInWords).join(" or ");
  if (schema.type === "array") return `list of ${typeInWords(schema.items ?? {})}`;
  if (schema.type !== "object") return schema.format === "date-time" ? "time" : (schema.type ?? "anything");
  const { additionalProperties: values } = schema;
  return typeof values === "object" && !schema.properties ? `map to ${typeInWords(values)}` : "object";
}

/** A Markdown table; bars and line ends in cells are escaped. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\n/g, " ").replace(/\|/g, "\\|")).join(" | ")} |`;
  return [line(header), `|${" --- |".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

/** What stands at the head of a page that a script writes. */
export const GENERATED = "<!-- Written by `npm run docs`; edit the descriptions in the source instead. -->";
