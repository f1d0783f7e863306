import { tagOf, WIRE, type WireReader } from "./reader.ts";
import { sizeOfBytesField, sizeOfStringField, type WireWriter } from "./writer.ts";

const IDENTIFIER = tagOf(1, WIRE.bytes);

/** Bytes of the field `control_plane` (protocol.md C8); none without an identifier. */
export function sizeOfControlPlane(identifier: string): number {
  return identifier === "" ? 0 : sizeOfBytesField(sizeOfStringField(identifier));
}

/** Writes the field `control_plane`, if there is an identifier. */
export function writeControlPlane(writer: WireWriter, field: number, identifier: string): void {
  if (identifier === "") return;
  writer.header(field, sizeOfStringField(identifier));
  writer.stringField(1, identifier);
}

/** Reads the identifier of a `core.v3.ControlPlane`, merged with an `earlier` one. @throws WireError */
export function readControlPlane(reader: WireReader, earlier: string): string {
  let identifier = earlier;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === IDENTIFIER) identifier = reader.string();
    else reader.skip(tag);
  }
  return identifier;
}
