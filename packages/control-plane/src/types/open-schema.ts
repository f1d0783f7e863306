import { loadSchema, readSchemaFile, type Schema } from "@fairlead/envoy-api";
import { asSchemaFault } from "./schema-fault.ts";

/**
 * The schema in a file, an Envoy executable or a descriptor set; `undefined`: the built-in one.
 *
 * @param what names the setting or argument at fault
 * @throws FairleadError `schema-unusable`
 */
export async function openSchema(what: string, file: string | undefined): Promise<Schema> {
  if (file === undefined) return loadSchema();
  return (await asSchemaFault(what, () => readSchemaFile(file))).schema;
}
