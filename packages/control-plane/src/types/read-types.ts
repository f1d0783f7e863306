import { basename, extname } from "node:path";
import { lackingTypes, loadSchema, readDescriptorSet, type Schema, type TypeSet } from "@fairlead/envoy-api";
import { type Config, DEFAULT_TYPES } from "../config/config.ts";
import { FairleadError } from "../errors.ts";
import { openSchema } from "./open-schema.ts";
import { asSchemaFault } from "./schema-fault.ts";

/** What the configuration says of types: the schema, and what is registered beside it. */
export interface ConfiguredTypes {
  /** The schema by itself. */
  readonly base: Schema;
  readonly sets: readonly TypeSet[];
  /** Both. */
  readonly schema: Schema;
}

/**
 * Reads `schema:` and `types:`.
 *
 * @throws FairleadError `schema-unusable`
 */
export async function readTypes({ schema: file, types }: Pick<Config, "schema" | "types">): Promise<ConfiguredTypes> {
  const base = await openSchema("schema", file);
  const sets: TypeSet[] = [];
  for (const path of types) {
    const set = path === DEFAULT_TYPES ? lackingOf(base) : await readSet(path);
    if (set.descriptorSet.length === 0) continue; // the schema is the default one, or lacks nothing of it
    const twin = sets.find(({ name }) => name === set.name);
    if (twin) throw new FairleadError("schema-unusable", `types: two files are called ${set.name}: rename one`);
    sets.push(set);
  }
  const schema = await asSchemaFault("types", () => base.withTypes(sets));
  return { base, sets, schema };
}

function lackingOf(base: Schema): TypeSet {
  return { name: DEFAULT_TYPES, descriptorSet: lackingTypes(base, loadSchema()) };
}

async function readSet(path: string): Promise<TypeSet> {
  const { descriptorSet } = await asSchemaFault("types", () => readDescriptorSet(path));
  return { name: basename(path, extname(path)), descriptorSet };
}
