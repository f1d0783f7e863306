import { tagOf, WIRE, WireReader } from "./reader.ts";
import { sizeOfStringField, sizeOfVarint, WireWriter } from "./writer.ts";

/** Why a client rejected a response (`google.rpc.Status`). */
export interface ErrorDetail {
  /** A `google.rpc.Code`. */
  readonly code: number;
  readonly message: string;
}

const CODE = tagOf(1, WIRE.varint);
const MESSAGE = tagOf(2, WIRE.bytes);

/** Reads a `google.rpc.Status`; its details are left out. @throws WireError */
export function readStatus(bytes: Uint8Array): ErrorDetail {
  const reader = new WireReader(bytes);
  let code = 0;
  let message = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === CODE) code = reader.int32();
    else if (tag === MESSAGE) message = reader.string();
    else reader.skip(tag);
  }
  return { code, message };
}

/** Encodes a `google.rpc.Status`. A code is 0 to 2^31 - 1. */
export function encodeStatus(status: ErrorDetail): Uint8Array {
  const codeSize = status.code === 0 ? 0 : 1 + sizeOfVarint(status.code);
  const writer = new WireWriter(codeSize + sizeOfStringField(status.message));
  if (status.code !== 0) writer.varintField(1, status.code);
  writer.stringField(2, status.message);
  return writer.finish();
}
