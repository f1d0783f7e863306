import { z } from "zod";
import { configSchema, type Unit } from "./schema.ts";

/** One field of `fairlead.yaml`, as its documentation needs it. */
export interface ConfigField {
  /** `xds.timings.warmGraceMs`; `[]` follows the name of a list. */
  readonly path: string;
  /** `integer`, `string`, `"error" \| "warn" \| "off"`, … */
  readonly type: string;
  /** As JSON; `undefined`: there is none. */
  readonly fallback: string | undefined;
  /** Whether it must be given where its parent is. */
  readonly isRequired: boolean;
  readonly unit: Unit | undefined;
  /** `0 … 60000`, where there are bounds. */
  readonly range: string | undefined;
  readonly description: string;
}

/** What `z.toJSONSchema` makes of a field, as far as it is used here. */
interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FieldSchema[];
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: FieldSchema | boolean;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly unit?: Unit;
}

/** Every field of the configuration, parents before children, in the order of the schema. */
export function configReference(): readonly ConfigField[] {
  const schema = z.toJSONSchema(configSchema, { io: "input" }) as FieldSchema;
  return fieldsOf(schema, "");
}

function fieldsOf(schema: FieldSchema, prefix: string): ConfigField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const nested = field.items?.properties ? fieldsOf(field.items, `${path}[].`) : fieldsOf(field, `${path}.`);
    return [describe(path, field, schema.required?.includes(name) ?? false), ...nested];
  });
}

function describe(path: string, field: FieldSchema, isRequired: boolean): ConfigField {
  const { minimum, maximum, description = "", unit } = field;
  const isSection = field.properties !== undefined;
  return {
    path,
    type: typeOf(field),
    fallback: isSection || field.default === undefined ? undefined : JSON.stringify(field.default),
    isRequired,
    unit,
    range: minimum === undefined || maximum === undefined ? undefined : `${minimum} … ${maximum}`,
    description,
  };
}

function typeOf(field: FieldSchema): string {
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (field.anyOf) return field.anyOf.map(typeOf).join(" | ");
  if (field.type === "array") return `list of ${field.items ? typeOf(field.items) : "values"}`;
  if (typeof field.additionalProperties === "object") return `map of ${typeOf(field.additionalProperties)}`;
  return field.type ?? "any";
}
