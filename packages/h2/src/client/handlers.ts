import type { EndpointHandler } from "../connection/endpoint.ts";
import type { StreamEnd } from "../connection/stream-end.ts";
import type { HeaderList } from "../hpack/header-list.ts";
import type { ClientStream } from "./stream.ts";

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

/** Who is told of a client connection's events, and takes its bytes. */
export interface ConnectionHandler extends EndpointHandler {
  /** The server's first SETTINGS are here: it speaks HTTP/2. */
  onReady(): void;
  /** No more streams can be opened; those that the server knows go on. */
  onGoaway(goaway: Goaway): void;
  /** A `ping` was answered. */
  onPong(): void;
}
