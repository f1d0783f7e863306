import { type DescMessage, fromBinary, type Message } from "@bufbuild/protobuf";
import { EnvoyApiError } from "./errors.ts";

/**
 * Decodes bytes as a type; fields that the schema lacks are kept.
 *
 * @throws EnvoyApiError `bytes_invalid`
 */
export function decode(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw new EnvoyApiError("bytes_invalid", `not a ${desc.typeName}: ${(cause as Error).message}`, { cause });
  }
}
