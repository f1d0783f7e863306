import { createHash } from "node:crypto";
import { type DescField, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { EnvoyApiError } from "../errors.ts";
import { pointerTo } from "../json/pointer.ts";
import type { Schema } from "../schema.ts";
import { fieldValue } from "../walk/local-message.ts";
import { type ConfigSource, isXdsSource } from "./is-xds-source.ts";
import type { ReferenceRow } from "./table.ts";

/** A name that a row found in a message. */
export interface Mention {
  readonly typeUrl: string;
  readonly name: string;
  /** JSON pointer below the message. */
  readonly pointer: string;
  /** Digest of the config source that the name is to be asked from. */
  readonly source?: string;
}

/** A row, ready to be applied to messages of its type. */
export type CompiledRow = (message: Message) => readonly Mention[];

/**
 * Compiles the rows of a schema's message types, each at its first use. Rows of types that the schema lacks are never
 * asked for: another schema than the default one may be older.
 */
export function rowCompiler(schema: Schema): (desc: DescMessage) => readonly CompiledRow[] {
  const rowsByType = Map.groupBy(schema.references, (row) => row.message);
  const compiled = new Map<DescMessage, readonly CompiledRow[]>();
  return (desc) => {
    const rows = compiled.get(desc) ?? (rowsByType.get(desc.typeName) ?? []).map((row) => compileRow(desc, row));
    compiled.set(desc, rows);
    return rows;
  };
}

function compileRow(desc: DescMessage, row: ReferenceRow): CompiledRow {
  const name = fieldPath(desc, row.field);
  const orElse = row.orElse === undefined ? undefined : fieldPath(desc, row.orElse);
  const source = row.source === undefined ? undefined : fieldPath(desc, row.source);
  const when = row.when === undefined ? undefined : { path: fieldPath(desc, row.when.field), is: row.when.is };
  const mentions = (message: Message, path: readonly DescField[]): readonly Mention[] =>
    namesIn(follow(message, path)).map(([name, at]) => ({ typeUrl: row.to, name, pointer: pointerOf(path) + at }));

  return (message) => {
    if (when !== undefined && follow(message, when.path) !== when.is) return [];
    const from = source && (follow(message, source) as (ConfigSource & Message) | undefined);
    if (source !== undefined && !isXdsSource(from)) return [];
    const named = mentions(message, name);
    const found = named.length > 0 || orElse === undefined ? named : mentions(message, orElse);
    if (!source || !from || found.length === 0) return found;
    const digest = digestOf(source, from);
    return found.map((mention) => ({ ...mention, source: digest }));
  };
}

/** A config source holds no maps that could be in another order, but for what its gRPC service may. */
function digestOf(path: readonly DescField[], source: Message): string {
  const bytes = toBinary(path.at(-1)!.message!, source);
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 8);
}

function fieldPath(desc: DescMessage, path: string): readonly DescField[] {
  const fields: DescField[] = [];
  let at: DescMessage | undefined = desc;
  for (const name of path.split(".")) {
    const field: DescField | undefined = at?.fields.find((it) => it.name === name);
    if (field === undefined)
      throw new EnvoyApiError("field_unknown", `no field ${path} in ${desc.typeName}: mend the reference row`);
    fields.push(field);
    at = field.message;
  }
  return fields;
}

function follow(message: Message, path: readonly DescField[]): unknown {
  let at: unknown = message;
  for (const field of path) {
    if (at === undefined) return undefined;
    at = fieldValue(at as Message, field);
  }
  return at;
}

/** The names in a string, a list of strings or a map's keys, each with its pointer below the field. */
function namesIn(value: unknown): readonly (readonly [name: string, pointer: string])[] {
  if (typeof value === "string") return value === "" ? [] : [[value, ""]];
  if (Array.isArray(value))
    return value.flatMap((name, index) => (name === "" ? [] : [[name as string, pointerTo("", index)] as const]));
  if (typeof value === "object" && value !== null)
    return Object.keys(value).map((name) => [name, pointerTo("", name)] as const);
  return [];
}

function pointerOf(path: readonly DescField[]): string {
  return path.reduce((pointer, field) => pointerTo(pointer, field.jsonName), "");
}
