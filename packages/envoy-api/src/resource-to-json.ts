import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { decode } from "./decode.ts";
import { EnvoyApiError } from "./errors.ts";
import type { Schema } from "./schema.ts";

/**
 * A resource as ProtoJSON (camelCase) with its `@type` first.
 *
 * @throws EnvoyApiError `type_unknown` also where an `Any` in it has a type that the schema lacks, `bytes_invalid`
 */
export function resourceToJson(schema: Schema, typeUrl: string, value: Uint8Array): JsonObject {
  const desc = schema.messageOf(typeUrl);
  if (desc === undefined) throw new EnvoyApiError("type_unknown", `the schema has no type ${typeUrl}`);
  const message = decode(desc, value);
  try {
    return { "@type": typeUrl, ...(toJson(desc, message, { registry: schema.registry }) as JsonObject) };
  } catch (cause) {
    throw new EnvoyApiError("type_unknown", `${typeUrl} can't be written as JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}
