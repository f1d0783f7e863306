import { create, createFileRegistry, type FileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { EnvoyApiError } from "./errors.ts";
import { inImportOrder } from "./extract/import-order.ts";
import { WELL_KNOWN_FILES } from "./extract/well-known.ts";
import { nameFieldsForJson } from "./json/field-names.ts";
import { isSameFile } from "./same-file.ts";
import { symbolsOf } from "./symbols.ts";

/** Message types of somebody's own. */
export interface TypeSet {
  /** By which faults name it. */
  readonly name: string;
  /** A serialized `FileDescriptorSet`. What it imports may be in it, in the schema, or in another set. */
  readonly descriptorSet: Uint8Array;
}

/**
 * The registry with the files of all sets.
 *
 * @throws EnvoyApiError `schema_invalid`; `type_conflict` where a file or a symbol is there with other content;
 *   `import_missing`
 */
export function addTypes(registry: FileRegistry, sets: readonly TypeSet[]): FileRegistry {
  const added = gather(registry, sets);
  if (added.size === 0) return registry;
  assertImports(registry, added);
  assertSymbols(registry, added);
  const files = new Map([...added].map(([name, { file }]) => [name, file]));
  let whole = registry;
  for (const file of inImportOrder(files)) {
    try {
      whole = createFileRegistry(
        whole,
        createFileRegistry(file, (name) => whole.getFile(name)),
      );
    } catch (cause) {
      const { set } = added.get(file.name)!;
      const message = `types ${set}: ${file.name} is not usable: ${(cause as Error).message}`;
      throw new EnvoyApiError("schema_invalid", message, { cause });
    }
  }
  return whole;
}

/**
 * What one schema has and another lacks, as a descriptor set to be added to that: files that it has not, none of whose
 * symbols it has, and all of whose imports can be had.
 */
export function lackingTypes(
  schema: { readonly registry: FileRegistry },
  from: { readonly registry: FileRegistry },
): Uint8Array {
  const symbols = new Set([...schema.registry.files].flatMap(({ proto }) => [...symbolsOf(proto)]));
  const taken = new Map<string, FileDescriptorProto>();
  const all = new Map([...from.registry.files].map(({ proto }) => [proto.name, proto]));
  for (const file of inImportOrder(all)) {
    if (schema.registry.getFile(file.name) || [...symbolsOf(file)].some((symbol) => symbols.has(symbol))) continue;
    if (file.dependency.every((name) => schema.registry.getFile(name) || taken.has(name))) taken.set(file.name, file);
  }
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...taken.values()] }));
}

interface Added {
  readonly file: FileDescriptorProto;
  readonly set: string;
}

/** The files that the registry lacks. One that it has, or two sets have, must be the same. */
function gather(registry: FileRegistry, sets: readonly TypeSet[]): Map<string, Added> {
  const added = new Map<string, Added>();
  for (const { name: set, descriptorSet } of sets) {
    for (const file of filesIn(set, descriptorSet)) {
      // Compilers disagree about the options of google.protobuf's own files.
      if (WELL_KNOWN_FILES.has(file.name) && registry.getFile(file.name)) continue;
      const other = added.get(file.name);
      const known = other?.file ?? registry.getFile(file.name)?.proto;
      if (known === undefined) added.set(file.name, { file, set });
      else if (!isSameFile(known, file)) {
        const where = other ? `types ${other.set} have` : "the schema has";
        throw conflict(`types ${set}: ${where} another ${file.name}: leave it out of the set, or use that one`);
      }
    }
  }
  return added;
}

function filesIn(set: string, bytes: Uint8Array): readonly FileDescriptorProto[] {
  try {
    const { file: files } = fromBinary(FileDescriptorSetSchema, bytes);
    if (files.length === 0) throw new Error("there is no file in it");
    if (files.some(({ name }) => name === "")) throw new Error("a file has no name");
    for (const file of files) nameFieldsForJson(file);
    return files;
  } catch (cause) {
    throw new EnvoyApiError("schema_invalid", `types ${set}: no FileDescriptorSet: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function assertImports(registry: FileRegistry, added: Map<string, Added>): void {
  for (const { file, set } of added.values()) {
    for (const name of file.dependency) {
      if (added.has(name) || registry.getFile(name)) continue;
      const known = WELL_KNOWN_FILES.get(name);
      if (!known) {
        const message = `types ${set}: ${file.name} imports ${name}, which neither the schema nor other types have: put it into the set, or register it`;
        throw new EnvoyApiError("import_missing", message);
      }
      added.set(name, { file: known, set }); // visited in its turn
    }
  }
}

function assertSymbols(registry: FileRegistry, added: ReadonlyMap<string, Added>): void {
  const owners = new Map<string, string>();
  for (const { proto } of registry.files) for (const symbol of symbolsOf(proto)) owners.set(symbol, proto.name);
  for (const { file, set } of added.values()) {
    for (const symbol of symbolsOf(file)) {
      const owner = owners.get(symbol);
      if (owner !== undefined) {
        throw conflict(`types ${set}: ${file.name} defines ${symbol}, and so does ${owner}: rename one`);
      }
      owners.set(symbol, file.name);
    }
  }
}

function conflict(message: string): EnvoyApiError {
  return new EnvoyApiError("type_conflict", message);
}
