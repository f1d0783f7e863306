import { tagOf, WIRE, WireReader } from "./reader.ts";
import { type ErrorDetail, encodeStatus, readStatus } from "./status.ts";
import { sizeOfBytesField, sizeOfStringField, WireWriter } from "./writer.ts";

/** A `discovery.v3.ResourceError`: newer than the schema that most programs are built with, so by its field numbers. */
export interface NamedError extends ErrorDetail {
  readonly name: string;
}

const RESOURCE_NAME = tagOf(1, WIRE.bytes);
const ERROR_DETAIL = tagOf(2, WIRE.bytes);
const NAME = tagOf(1, WIRE.bytes);

/** Bytes that a repeated field of errors takes. */
export function sizeOfResourceErrors(errors: readonly NamedError[]): number {
  return errors.reduce((size, error) => size + sizeOfBytesField(encodeResourceError(error).length), 0);
}

/** Writes a repeated field of errors. */
export function writeResourceErrors(writer: WireWriter, field: number, errors: readonly NamedError[]): void {
  for (const error of errors) writer.bytesField(field, encodeResourceError(error));
}

/** Reads a `ResourceError`. @throws WireError */
export function readResourceError(bytes: Uint8Array): NamedError {
  const reader = new WireReader(bytes);
  let name = "";
  let detail: ErrorDetail = { code: 0, message: "" };
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === RESOURCE_NAME) name = readName(reader.message());
    else if (tag === ERROR_DETAIL) detail = readStatus(reader.view());
    else reader.skip(tag);
  }
  return { name, ...detail };
}

function readName(reader: WireReader): string {
  let name = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === NAME) name = reader.string();
    else reader.skip(tag);
  }
  return name;
}

function encodeResourceError({ name, code, message }: NamedError): Uint8Array {
  const detail = encodeStatus({ code, message });
  const nameSize = sizeOfStringField(name);
  const writer = new WireWriter(sizeOfBytesField(nameSize) + sizeOfBytesField(detail.length));
  writer.header(1, nameSize);
  writer.stringField(1, name);
  writer.bytesField(2, detail);
  return writer.finish();
}
