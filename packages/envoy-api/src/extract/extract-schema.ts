import { create, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { EnvoyApiError } from "../errors.ts";
import { nameFieldsForJson } from "../json/field-names.ts";
import { isSameFile } from "../same-file.ts";
import { messageNamesOf } from "../symbols.ts";
import { fileKind } from "./file-kind.ts";
import { inImportOrder } from "./import-order.ts";
import { openFile } from "./open-file.ts";
import { descriptorsIn, scanWindows } from "./scan.ts";
import { type EnvoyVersion, versionFinder } from "./version.ts";
import { WELL_KNOWN_FILES } from "./well-known.ts";

/** What an executable says of the messages that it takes. */
export interface ExtractedSchema {
  /** A serialized `FileDescriptorSet`, complete, imports before what imports them: for {@link schemaFrom}, `protoc`, `buf`. */
  readonly descriptorSet: Uint8Array;
  /** Names of the files in it. */
  readonly files: readonly string[];
  /** Messages in it, nested ones included. */
  readonly messages: number;
  /** Files of google.protobuf that were imported and not in the executable, and were added. */
  readonly supplied: readonly string[];
  /** Files that it holds twice with different content; the first is in the set. */
  readonly ambiguous: readonly string[];
  readonly envoy: EnvoyVersion;
}

/**
 * Reads the schema out of an executable: the protobuf runtime of C++ keeps the descriptor of every file as plain bytes.
 * Memory is bounded, whatever the executable's size; Envoy's 107 MB take a quarter of a second.
 *
 * @throws EnvoyApiError `file_unreadable`; `nothing_to_extract` where it is no executable or holds no descriptors;
 *   `import_missing`, which names the missing files and who imports them
 */
export async function extractSchema(path: string): Promise<ExtractedSchema> {
  await using handle = await openFile(path);
  const kind = await fileKind(handle);
  if (kind.kind !== "executable") {
    throw new EnvoyApiError("nothing_to_extract", `${path} is ${kind.what}: name the Envoy executable itself`);
  }
  const files = new Map<string, FileDescriptorProto>();
  const ambiguous = new Set<string>();
  const version = versionFinder();
  await scanWindows(handle, (window, ownBytes) => {
    version.look(window);
    for (const file of descriptorsIn(window, ownBytes)) {
      nameFieldsForJson(file);
      const known = files.get(file.name);
      if (known === undefined) files.set(file.name, file);
      else if (!isSameFile(known, file)) ambiguous.add(file.name);
    }
  });
  if (files.size === 0) {
    throw new EnvoyApiError(
      "nothing_to_extract",
      `${path} is an executable without protobuf descriptors: name Envoy's own (a launcher, or a compressed one, has none)`,
    );
  }
  const supplied = supplyWellKnown(files);
  const missing = missingImports(files);
  if (missing.length > 0) {
    const list = missing.map(([name, by]) => `${name} (imported by ${by})`).join(", ");
    throw new EnvoyApiError("import_missing", `${path} holds ${files.size} descriptors, but not ${list}`);
  }
  const ordered = inImportOrder(files);
  const set = create(FileDescriptorSetSchema, { file: [...ordered] });
  return {
    descriptorSet: toBinary(FileDescriptorSetSchema, set),
    files: ordered.map(({ name }) => name),
    messages: ordered.reduce((sum, file) => sum + messageNamesOf(file).length, 0),
    supplied,
    ambiguous: [...ambiguous],
    envoy: version.found(),
  };
}

function supplyWellKnown(files: Map<string, FileDescriptorProto>): readonly string[] {
  const supplied: string[] = [];
  for (const { dependency } of files.values()) {
    for (const name of dependency) {
      const known = files.has(name) ? undefined : WELL_KNOWN_FILES.get(name);
      if (!known) continue;
      files.set(name, known); // visited in its turn: its imports are supplied too
      supplied.push(name);
    }
  }
  return supplied;
}

function missingImports(files: ReadonlyMap<string, FileDescriptorProto>): readonly (readonly [string, string])[] {
  const missing = new Map<string, string>();
  for (const { name, dependency } of files.values()) {
    for (const imported of dependency) if (!files.has(imported) && !missing.has(imported)) missing.set(imported, name);
  }
  return [...missing];
}
