import { readFileSync } from "node:fs";
import { EnvoyApiError } from "./errors.ts";
import { type Schema, trustedSchema } from "./schema.ts";

let loaded: Schema | undefined;

/**
 * The default schema: Envoy's API as this package was generated from. Read at the first call, then kept.
 *
 * @throws EnvoyApiError `schema_missing` in a source tree where nothing was generated yet
 */
export function loadSchema(): Schema {
  loaded ??= trustedSchema(readDescriptorSet());
  return loaded;
}

function readDescriptorSet(): Uint8Array {
  try {
    return readFileSync(new URL("../gen/envoy.binpb", import.meta.url));
  } catch (cause) {
    throw new EnvoyApiError("schema_missing", "gen/envoy.binpb is missing: run `npm run build:api`", { cause });
  }
}
