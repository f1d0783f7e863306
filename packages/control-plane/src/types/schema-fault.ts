import { EnvoyApiError } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";

/**
 * Runs what reads schemas from files, and tells in this package's words what is wrong with them.
 *
 * @param what names the setting or argument at fault
 * @throws FairleadError `schema-unusable`
 */
export async function asSchemaFault<T>(what: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    throw new FairleadError("schema-unusable", `${what}: ${error.message}`, { cause: error });
  }
}
