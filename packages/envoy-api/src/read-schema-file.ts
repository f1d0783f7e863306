import { readFile } from "node:fs/promises";
import { EnvoyApiError } from "./errors.ts";
import { extractSchema } from "./extract/extract-schema.ts";
import { fileKind } from "./extract/file-kind.ts";
import { openFile } from "./extract/open-file.ts";
import type { EnvoyVersion } from "./extract/version.ts";
import { type Schema, schemaFrom } from "./schema.ts";

/** A schema, and what it came from. */
export interface SchemaFile {
  readonly schema: Schema;
  /** A serialized `FileDescriptorSet`. */
  readonly descriptorSet: Uint8Array;
  /** What the executable says of itself; `undefined` for a descriptor set, which says nothing. */
  readonly envoy: EnvoyVersion | undefined;
}

/** A descriptor set larger than that is none: Envoy's has 0.7 MB. */
const MAX_SET_BYTES = 64 * 1024 * 1024;

/** What {@link readDescriptorSet} reads. */
export type DescriptorSetFile = Omit<SchemaFile, "schema">;

/**
 * Reads a schema from a file: an Envoy executable, or a `FileDescriptorSet` (as `fairlead schema extract`, `buf build` or
 * `protoc --include_imports --descriptor_set_out` write it).
 *
 * @throws EnvoyApiError `file_unreadable`, `nothing_to_extract`, `import_missing`, `schema_invalid`
 */
export async function readSchemaFile(path: string): Promise<SchemaFile> {
  const read = await readDescriptorSet(path);
  try {
    return { ...read, schema: schemaFrom(read.descriptorSet) };
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    throw new EnvoyApiError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Like {@link readSchemaFile}, for a descriptor set that need not be complete: its bytes are not looked into.
 *
 * @throws EnvoyApiError `file_unreadable`, `nothing_to_extract`, `import_missing`, `schema_invalid`
 */
export async function readDescriptorSet(path: string): Promise<DescriptorSetFile> {
  await using handle = await openFile(path);
  const kind = await fileKind(handle);
  if (kind.kind === "executable") {
    const { descriptorSet, envoy } = await extractSchema(path);
    return { descriptorSet, envoy };
  }
  const { size } = await handle.stat();
  if (kind.kind === "mistaken" || kind.what === "text" || size > MAX_SET_BYTES) {
    const what = size > MAX_SET_BYTES ? `${size} bytes large` : kind.what;
    throw new EnvoyApiError("schema_invalid", `${path} is ${what}: name an Envoy executable or a FileDescriptorSet`);
  }
  return { descriptorSet: await readFile(path), envoy: undefined };
}
