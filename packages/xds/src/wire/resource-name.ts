import { tagOf, WIRE, type WireReader } from "./reader.ts";
import { sizeOfBytesField, sizeOfStringField, WireWriter } from "./writer.ts";

/** Encodes a `discovery.v3.ResourceName`: a name, and the encoded `DynamicParameterConstraints` of one variant (TP2). */
export function encodeResourceName(name: string, constraints: Uint8Array): Uint8Array {
  const writer = new WireWriter(sizeOfStringField(name) + sizeOfBytesField(constraints.length));
  writer.stringField(1, name);
  writer.bytesField(2, constraints);
  return writer.finish();
}

/** The name in a `discovery.v3.ResourceName`. @throws WireError */
export function readResourceName(reader: WireReader): string {
  let name = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === NAME) name = reader.string();
    else reader.skip(tag);
  }
  return name;
}

const NAME = tagOf(1, WIRE.bytes);
