import { EnvoyApiError, loadSchema, readSchemaFile, type Schema } from "@fairlead/envoy-api";
import type { Config } from "../config/config.ts";
import { FairleadError } from "../errors.ts";

/**
 * The schema that the configuration names, else the default one.
 *
 * @throws FairleadError `schema-unusable`
 */
export async function openSchema({ schema }: Pick<Config, "schema">): Promise<Schema> {
  if (schema === undefined) return loadSchema();
  return (await asSchemaFault("schema", () => readSchemaFile(schema))).schema;
}

/**
 * Runs what reads schemas, and tells in this package's words what is wrong with the file.
 *
 * @param what names the setting or argument at fault
 * @throws FairleadError `schema-unusable`
 */
export async function asSchemaFault<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    throw new FairleadError("schema-unusable", `${what}: ${error.message}`, { cause: error });
  }
}
