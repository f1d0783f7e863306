import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { decode } from "./decode.ts";
import type { Schema } from "./schema.ts";
import { sortMaps } from "./walk/sort-maps.ts";

/**
 * Encodes a message so that equal content gives equal bytes on every replica: fields by number, map keys sorted, inside
 * every `Any` too. An `Any` of a type that the schema lacks keeps its bytes. Does not change `message`.
 *
 * @throws EnvoyApiError `bytes_invalid` where an `Any` does not hold what it says, `too_deep`
 * @see protocol.md C6
 */
export function encodeDeterministic(schema: Schema, desc: DescMessage, message: Message): Uint8Array<ArrayBuffer> {
  return toBinary(
    desc,
    sortMaps(schema, desc, message, (any) => any),
  );
}

/**
 * Brings bytes of unknown origin into the form of {@link encodeDeterministic}. Bytes of a type that the schema lacks
 * are returned as they are.
 *
 * @throws EnvoyApiError `bytes_invalid`, `too_deep`
 */
export function normalize(schema: Schema, typeUrl: string, value: Uint8Array): Uint8Array {
  const desc = schema.messageOf(typeUrl);
  return desc === undefined ? value : encodeDeterministic(schema, desc, decode(desc, value));
}
