/** What is wrong with bytes that should be a protobuf message: a closed list. */
export type WireErrorCode =
  | "TRUNCATED"
  | "OVERLONG_VARINT"
  | "BAD_TAG"
  | "BAD_WIRE_TYPE"
  | "BAD_GROUP"
  | "BAD_UTF8"
  | "TOO_DEEP";

/**
 * Bytes that are not a protobuf message. A server answers it with `INVALID_ARGUMENT`; nothing else is thrown by the
 * readers of this folder, whatever the bytes.
 */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;
  /** Where in the message, in bytes from its start. */
  readonly offset: number;

  constructor(code: WireErrorCode, offset: number, message: string) {
    super(`not a protobuf message: at byte ${offset}: ${message}`);
    this.code = code;
    this.offset = offset;
  }
}
