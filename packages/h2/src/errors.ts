import { ErrorCode, type ErrorCodeValue } from "./frames/error-codes.ts";

/**
 * Every reason this package throws or reports. Closed, and a code is never reused.
 *
 * What the peer did, named as RFC 9113, section 7, names it:
 * - `protocol-error`: a frame that must not come, or not now
 * - `frame-size-error`: a frame's length is not one that its type can have, or over the limit
 * - `flow-control-error`: more bytes than a window allows, or a window over 2^31 - 1
 * - `compression-error`: a header block that is not valid HPACK
 * - `stream-closed`: a frame of a stream that the peer had ended
 * - `enhance-your-calm`: more of something than a peer in its senses sends (CONTINUATION frames, for one)
 *
 * What either did:
 * - `stream-limit`: one stream more than can be opened: too many are open or wait, the ids are used up, or the connection is
 *   going away
 *
 * What the caller did:
 * - `invalid-argument`: a value that HTTP/2 cannot carry
 */
export type H2ErrorCode =
  | "protocol-error"
  | "frame-size-error"
  | "flow-control-error"
  | "compression-error"
  | "stream-closed"
  | "enhance-your-calm"
  | "stream-limit"
  | "invalid-argument";

const wireCodeOf: Readonly<Record<H2ErrorCode, ErrorCodeValue>> = {
  "protocol-error": ErrorCode.PROTOCOL_ERROR,
  "frame-size-error": ErrorCode.FRAME_SIZE_ERROR,
  "flow-control-error": ErrorCode.FLOW_CONTROL_ERROR,
  "compression-error": ErrorCode.COMPRESSION_ERROR,
  "stream-closed": ErrorCode.STREAM_CLOSED,
  "enhance-your-calm": ErrorCode.ENHANCE_YOUR_CALM,
  "stream-limit": ErrorCode.REFUSED_STREAM,
  "invalid-argument": ErrorCode.INTERNAL_ERROR,
};

/** The one error of this package; `code` is stable, the message says what came and what could have. */
export class H2Error extends Error {
  override readonly name = "H2Error";
  readonly code: H2ErrorCode;

  constructor(code: H2ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** The code for RST_STREAM or GOAWAY. */
  get wireCode(): ErrorCodeValue {
    return wireCodeOf[this.code];
  }
}
