import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A file of a descriptor set, and what it defines. */
export interface ListedFile {
  readonly name: string;
  /** The serialized `FileDescriptorProto`, a view of the set. */
  readonly bytes: Uint8Array;
  /** Full names of what is at its top level: messages, enums, services, extensions. */
  readonly symbols: readonly string[];
  /** Whether it extends messages, be it within one of its own. */
  readonly hasExtensions: boolean;
}

/** `FileDescriptorSet.file` */
const FILE = 1;
/** Fields of `FileDescriptorProto`. */
const FILE_NAME = 1;
const PACKAGE = 2;
const MESSAGE = 4;
const EXTENSION = 7;
/** Messages, enums, services and extensions of a file, each of which has its name in field 1. */
const NAMED: ReadonlySet<number> = new Set([MESSAGE, 5, 6, EXTENSION]);
/** Fields of `DescriptorProto`. */
const NESTED_MESSAGE = 3;
const NESTED_EXTENSION = 6;

/** Lists the files of a serialized `FileDescriptorSet`, without decoding what they define. */
export function listFiles(descriptorSet: Uint8Array): readonly ListedFile[] {
  const files: ListedFile[] = [];
  for (const [field, bytes] of partsOf(descriptorSet)) if (field === FILE) files.push(listFile(bytes));
  return files;
}

function listFile(bytes: Uint8Array): ListedFile {
  let name = "";
  let scope = "";
  let hasExtensions = false;
  const names: string[] = [];
  for (const [field, part] of partsOf(bytes)) {
    if (field === FILE_NAME) name = textOf(part);
    if (field === PACKAGE) scope = `${textOf(part)}.`;
    if (NAMED.has(field)) names.push(nameIn(part));
    hasExtensions ||= field === EXTENSION || (field === MESSAGE && extendsWithin(part));
  }
  return { name, bytes, symbols: names.map((own) => scope + own), hasExtensions };
}

function extendsWithin(message: Uint8Array): boolean {
  for (const [field, part] of partsOf(message)) {
    if (field === NESTED_EXTENSION || (field === NESTED_MESSAGE && extendsWithin(part))) return true;
  }
  return false;
}

function nameIn(part: Uint8Array): string {
  for (const [field, name] of partsOf(part)) if (field === 1) return textOf(name);
  return "";
}

/** The fields of a message that hold bytes, text or messages. */
function* partsOf(message: Uint8Array): Generator<readonly [field: number, bytes: Uint8Array]> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) yield [field, reader.bytes()];
    else reader.skip(wireType, field);
  }
}

const utf8 = new TextDecoder();

function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
