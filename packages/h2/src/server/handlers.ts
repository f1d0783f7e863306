import type { EndpointHandler } from "../connection/endpoint.ts";
import type { StreamEnd } from "../connection/stream-end.ts";
import type { H2Error } from "../errors.ts";
import type { HeaderList } from "../hpack/header-list.ts";
import type { ServerStream } from "./stream.ts";

/** How a request's stream ended: as any stream, but a server's is never refused by its client. */
export type RequestEnd = Exclude<StreamEnd, { readonly kind: "refused" }>;

/** Who is told of a server connection's events, and takes its bytes. */
export interface ServerConnectionHandler extends EndpointHandler {
  /**
   * Bytes of a stream's DATA that others may share: they go behind what is in the output so far, and are not copied. Never change them.
   */
  writeShared(frames: Uint8Array, stream: ServerStream): void;
  /**
   * A request came, its headers checked.
   * @param isEndStream whether that is all of it: neither `onData` nor `onEnd` follow
   * @returns who is told of the rest; `undefined`: nobody, since the stream was answered or reset, and what still comes is dropped
   */
  onRequest(stream: ServerStream, headers: HeaderList, isEndStream: boolean): RequestHandler | undefined;
  /** A request came with more headers than are taken. Answer it (431) or reset it; what still comes is dropped. */
  onHeadersTooLarge(stream: ServerStream, pairs: number, bytes: number): void;
  /** The client sent a PING; it is answered already. */
  onPing(): void;
  /** The client sent SETTINGS; they are acknowledged already. */
  onSettings(): void;
  /** The client goes away: it opens no more streams; those that are open go on. */
  onGoaway(code: number): void;
  /**
   * The client broke a rule that costs at most a stream: each stream's `fault`, refused and malformed requests, empty DATA,
   * DATA of a stream that is over. Somebody should count.
   */
  onMinorFault(error: H2Error): void;
}

/** Who is told of a request's events. One object may serve many: each call names the stream. */
export interface RequestHandler {
  /** Bytes of the body, valid during the call only. */
  onData(stream: ServerStream, chunk: Uint8Array, start: number, end: number): void;
  /** The client has sent all; trailers, if there were any, are checked and dropped. */
  onEnd(stream: ServerStream): void;
  /** What waited for the client's windows has gone to the output: nothing waits. */
  onSent(stream: ServerStream): void;
  /** The stream is over; called once, last. */
  onClosed(stream: ServerStream, end: RequestEnd): void;
}
