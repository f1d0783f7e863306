import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { addTypes, type TypeSet } from "./add-types.ts";
import { EnvoyApiError } from "./errors.ts";
import { lazyRegistry } from "./lazy-registry.ts";
import { REFERENCE_ROWS, type ReferenceRow } from "./references/table.ts";
import { typeNameOf } from "./type-urls.ts";

/** Envoy's API as data: every message type, its rules, and which of its fields refer to other resources. Immutable. */
export interface Schema {
  /** Types, enums and extensions; works with every function of `@bufbuild/protobuf` that takes a registry. */
  readonly registry: FileRegistry;
  /** Which fields refer to other resources. */
  readonly references: readonly ReferenceRow[];
  /** The message type of a type URL (or of a full name), `undefined` when the schema lacks it. */
  messageOf(typeUrl: string): DescMessage | undefined;
  /**
   * The same types with more reference rows, for extensions of one's own.
   *
   * @throws EnvoyApiError `field_unknown` where a row names what the schema lacks
   */
  withReferences(rows: readonly ReferenceRow[]): Schema;
  /**
   * The same types with those of descriptor sets.
   *
   * @throws EnvoyApiError `schema_invalid`; `type_conflict` where a file or a symbol is there already with other content;
   *   `import_missing`
   */
  withTypes(sets: readonly TypeSet[]): Schema;
}

/**
 * A schema from a serialized `FileDescriptorSet`, imports included (`buf build -o set.binpb`, `protoc --include_imports
 * -o set.binpb`).
 *
 * @throws EnvoyApiError `schema_invalid`
 */
export function schemaFrom(descriptorSet: Uint8Array): Schema {
  return schemaOf(readRegistry(descriptorSet), REFERENCE_ROWS);
}

function schemaOf(registry: FileRegistry, references: readonly ReferenceRow[]): Schema {
  return {
    registry,
    references,
    messageOf: (typeUrl) => registry.getMessage(typeNameOf(typeUrl)),
    withReferences: (rows) => {
      for (const row of rows) assertRow(registry, row);
      return schemaOf(registry, [...references, ...rows]);
    },
    withTypes: (sets) => schemaOf(addTypes(registry, sets), references),
  };
}

/**
 * A schema from a descriptor set that came with this package, so that it needs no check: types are made when they are
 * first asked for.
 */
export function trustedSchema(descriptorSet: Uint8Array): Schema {
  return schemaOf(lazyRegistry(descriptorSet), REFERENCE_ROWS);
}

/** Makes all of it once, to find what is wrong, and then anew what is used. */
function readRegistry(descriptorSet: Uint8Array): FileRegistry {
  try {
    createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
    return lazyRegistry(descriptorSet);
  } catch (cause) {
    throw new EnvoyApiError("schema_invalid", `not a complete FileDescriptorSet: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function assertRow(registry: FileRegistry, row: ReferenceRow): void {
  const field = row.field.split(".")[0];
  const known = registry.getMessage(row.message)?.fields.some((it) => it.name === field);
  if (known) return;
  throw new EnvoyApiError(
    "field_unknown",
    `no field ${row.field} in ${row.message}: mend the reference row or add the type to the schema`,
  );
}
