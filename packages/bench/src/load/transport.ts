/** A way to streams: HTTP/2 and gRPC framing are its matter. */
export interface Transport {
  /** Opens a connection at once; what fails, fails its streams. */
  connect(): Connection;
}

/** One connection; streams may be opened before it is there. */
export interface Connection {
  /** It takes no further streams: it ended, or said so. */
  readonly isGone: boolean;
  /** Opens a gRPC call. */
  open(path: string, handlers: StreamHandlers): Stream;
  /** Ends it at once, with its streams, none of whose handlers is called any more. */
  cut(): void;
}

/** What a stream tells. Nothing after `onEnd`, or after `reset` or `cut`. */
export interface StreamHandlers {
  /** A whole message without its prefix; the bytes hold during the call only. */
  onMessage(message: Buffer): void;
  /** It ended, and not by us. */
  onEnd(end: StreamEnd): void;
}

/** One call. */
export interface Stream {
  /** Sends a message, whose prefix the transport adds; the bytes are copied, or sent, before it returns. */
  send(message: Uint8Array): void;
  /** Ends it at once. */
  reset(): void;
  /** Reads no more, by flow control, until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * Why a stream ended.
 *
 * - `unreachable`: no connection came about.
 * - `refused`: the server ended it (status, RST_STREAM, GOAWAY, closed connection).
 * - `protocol`: the server speaks something else, or breaks HTTP/2 or gRPC.
 */
export interface StreamEnd {
  readonly kind: "unreachable" | "refused" | "protocol";
  readonly message: string;
}
