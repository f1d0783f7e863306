import { tagOf, WIRE, WireReader } from "./reader.ts";
import { sizeOfBytesField, sizeOfStringField, WireWriter } from "./writer.ts";

/** A `google.protobuf.Any`; `value` shares memory with what it was read from. */
export interface AnyMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

const TYPE_URL = tagOf(1, WIRE.bytes);
const VALUE = tagOf(2, WIRE.bytes);
const NO_BYTES = new Uint8Array(0);

/** Encodes an `Any` around an encoded message. */
export function encodeAny(typeUrl: string, value: Uint8Array): Buffer<ArrayBuffer> {
  const writer = new WireWriter(sizeOfStringField(typeUrl) + (value.length === 0 ? 0 : sizeOfBytesField(value.length)));
  writer.stringField(1, typeUrl);
  if (value.length > 0) writer.bytesField(2, value);
  return writer.finish();
}

/** Reads an `Any`. @throws WireError */
export function readAny(bytes: Uint8Array | WireReader): AnyMessage {
  const reader = bytes instanceof WireReader ? bytes : new WireReader(bytes);
  let typeUrl = "";
  let value: Uint8Array = NO_BYTES;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === TYPE_URL) typeUrl = reader.string();
    else if (tag === VALUE) value = reader.view();
    else reader.skip(tag);
  }
  return { typeUrl, value };
}
