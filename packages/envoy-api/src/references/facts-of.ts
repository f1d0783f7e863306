import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { EnvoyApiError, MAX_DEPTH } from "../errors.ts";
import { NO_FACTS, type Reference, type ResourceFacts } from "../facts.ts";
import type { Schema } from "../schema.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { fieldValue } from "../walk/local-message.ts";
import { below, type Path, pointerOf } from "../walk/path.ts";
import { type Reach, reachOf } from "../walk/reach.ts";
import { isEmptyAny, unpackTyped } from "../walk/unpack-any.ts";
import { canonicalName } from "../xdstp-name.ts";
import { type CompiledRow, rowCompiler } from "./compile-rows.ts";
import { warmsSilently } from "./warms-silently.ts";

/**
 * What the engine must know of a resource: what it refers to, through every `Any`, by the schema's reference table.
 * `NO_FACTS` itself where there is nothing to know.
 *
 * @throws EnvoyApiError `bytes_invalid` where an `Any` does not hold what it says, `too_deep`
 * @see protocol.md, "References"
 */
export function factsOf(schema: Schema, typeUrl: string, message: Message): ResourceFacts {
  const desc = schema.messageOf(typeUrl);
  if (desc === undefined) return OPAQUE;
  const walk: Walk = { schema, table: tableOf(schema), references: [], isOpaque: false };
  visit(walk, desc, message, "", 0);
  const { references, isOpaque } = walk;
  const silent = typeUrl === TYPE_URLS.cluster && warmsSilently(message, references);
  const field = typeUrl === TYPE_URLS.virtualHost ? desc.fields.find(({ name }) => name === "domains") : undefined;
  const domains = field && { domains: fieldValue(message, field) as readonly string[] };
  const api =
    typeUrl === TYPE_URLS.listener && isApiListener(desc, message) ? ({ isApiListener: true } as const) : undefined;
  if (references.length === 0 && !isOpaque && !silent && !domains && !api) return NO_FACTS;
  return { references, warmsSilently: silent, isOpaque, ...domains, ...api };
}

function isApiListener(desc: DescMessage, message: Message): boolean {
  const field = desc.fields.find(({ name }) => name === "api_listener");
  return field !== undefined && fieldValue(message, field) !== undefined;
}

const OPAQUE: ResourceFacts = { references: [], warmsSilently: false, isOpaque: true };

interface Table {
  readonly rowsOf: (desc: DescMessage) => readonly CompiledRow[];
  readonly reach: Reach;
}

interface Walk {
  readonly schema: Schema;
  readonly table: Table;
  readonly references: Reference[];
  isOpaque: boolean;
}

const tables = new WeakMap<Schema, Table>();

function tableOf(schema: Schema): Table {
  const known = tables.get(schema);
  if (known !== undefined) return known;
  const rowsOf = rowCompiler(schema);
  const table = { rowsOf, reach: reachOf((desc) => rowsOf(desc).length > 0) };
  tables.set(schema, table);
  return table;
}

function visit(walk: Walk, desc: DescMessage, message: Message, path: Path, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new EnvoyApiError("too_deep", `${desc.typeName} lies more than ${MAX_DEPTH} messages deep`);
  if (desc.typeName === "google.protobuf.Any") {
    visitAny(walk, message as Any, path, depth);
    return;
  }
  for (const row of walk.table.rowsOf(desc)) {
    for (const found of row(message)) {
      walk.references.push({ ...found, name: canonicalName(found.name), pointer: pointerOf(path) + found.pointer });
    }
  }
  for (const { field, kind, message: inner } of walk.table.reach.branchesOf(desc)) {
    const value = fieldValue(message, field);
    if (value === undefined) continue;
    const at = below(path, field.jsonName);
    if (kind === "message") visit(walk, inner, value as Message, at, depth + 1);
    else for (const [key, item] of Object.entries(value as object)) visit(walk, inner, item, below(at, key), depth + 1);
  }
}

function visitAny(walk: Walk, any: Any, path: Path, depth: number): void {
  if (isEmptyAny(any)) return;
  const held = unpackTyped(walk.schema, any);
  if (held === undefined) {
    walk.isOpaque = true;
    return;
  }
  visit(
    walk,
    held.desc,
    held.message,
    held.path.reduce((at, segment) => below(at, segment), path),
    depth + 1,
  );
}
