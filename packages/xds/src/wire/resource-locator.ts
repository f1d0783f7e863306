import { tagOf, WIRE, type WireReader } from "./reader.ts";
import { sizeOfBytesField, sizeOfStringField, type WireWriter } from "./writer.ts";

/** A `discovery.v3.ResourceLocator`: a name, and the dynamic parameters of who asks for it (protocol.md O5). */
export interface ResourceLocator {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const NAME = tagOf(1, WIRE.bytes);
const PARAMETERS = tagOf(2, WIRE.bytes);
const KEY = tagOf(1, WIRE.bytes);
const VALUE = tagOf(2, WIRE.bytes);

/** Reads a `ResourceLocator`. @throws WireError */
export function readResourceLocator(reader: WireReader): ResourceLocator {
  const parameters = new Map<string, string>();
  let name = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === NAME) name = reader.string();
    else if (tag === PARAMETERS) readMapEntry(reader.message(), parameters);
    else reader.skip(tag);
  }
  return { name, parameters };
}

/** Reads an entry of a `map<string, string>` into a map. @throws WireError */
export function readMapEntry(reader: WireReader, into: Map<string, string>): void {
  let key = "";
  let value = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === KEY) key = reader.string();
    else if (tag === VALUE) value = reader.string();
    else reader.skip(tag);
  }
  into.set(key, value);
}

/** Size of a repeated field of locators. */
export function sizeOfLocatorsField(locators: readonly ResourceLocator[]): number {
  return locators.reduce((size, locator) => size + sizeOfBytesField(sizeOfLocator(locator)), 0);
}

/** Writes a repeated field of locators. */
export function writeLocatorsField(writer: WireWriter, field: number, locators: readonly ResourceLocator[]): void {
  for (const locator of locators) {
    writer.header(field, sizeOfLocator(locator));
    writer.stringField(1, locator.name);
    for (const [key, value] of locator.parameters) {
      writer.header(2, sizeOfStringField(key) + sizeOfStringField(value));
      writer.stringField(1, key);
      writer.stringField(2, value);
    }
  }
}

function sizeOfLocator({ name, parameters }: ResourceLocator): number {
  let size = sizeOfStringField(name);
  for (const [key, value] of parameters) size += sizeOfBytesField(sizeOfStringField(key) + sizeOfStringField(value));
  return size;
}
