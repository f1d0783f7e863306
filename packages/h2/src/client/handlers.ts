import type { H2Error } from "../errors.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import type { HeaderList } from "../hpack/header-list.ts";
import type { ClientStream } from "./stream.ts";

/** How a stream ended. */
export type StreamEnd =
  /** The server ended it; trailers, if there were any, came before. */
  | { readonly kind: "ended" }
  /** The server reset it. */
  | { readonly kind: "reset"; readonly code: number }
  /** The server did nothing with it: it may be tried again elsewhere. */
  | { readonly kind: "refused"; readonly by: "reset" | "goaway" }
  /** The server broke a rule on this stream alone, which was reset for it. */
  | { readonly kind: "fault"; readonly error: H2Error }
  /** {@link ClientStream} was reset from here. */
  | { readonly kind: "cancelled" }
  /** The connection is gone. */
  | { readonly kind: "lost" };

/** Who is told of a stream's events. One object may serve many streams: each call names the stream. */
export interface StreamHandler {
  /** The final response headers; informational ones are skipped. */
  onHeaders(stream: ClientStream, headers: HeaderList): void;
  /** Bytes of the body, valid during the call only. */
  onData(stream: ClientStream, chunk: Uint8Array, start: number, end: number): void;
  /** Trailers; `onClosed` follows. */
  onTrailers(stream: ClientStream, headers: HeaderList): void;
  /** The stream is over; called once, last. */
  onClosed(stream: ClientStream, end: StreamEnd): void;
}

/** What the server said in GOAWAY. */
export interface Goaway {
  readonly code: number;
  readonly lastStreamId: number;
  /** For people; Latin-1, at most 256 characters. */
  readonly text: string;
}

/** Who is told of a connection's events, and takes its bytes. */
export interface ConnectionHandler {
  /**
   * Where the connection writes: asked before each group of bytes, so that many connections can share one writer. Whoever
   * hands it out sends what is in it afterwards.
   */
  output(): ByteWriter;
  /** The server's first SETTINGS are here: it speaks HTTP/2. */
  onReady(): void;
  /** No more streams can be opened; those that the server knows go on. */
  onGoaway(goaway: Goaway): void;
  /** A {@link ClientConnection.ping} was answered. */
  onPong(): void;
  /** The server broke a rule of the connection. GOAWAY is written, nothing more is read; close it. */
  onFault(error: H2Error): void;
}
