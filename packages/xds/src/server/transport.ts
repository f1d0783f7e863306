/**
 * The boundary between the xDS server and the HTTP/2 edge beneath it: a connection takes bytes, a stream takes messages
 * that many streams share.
 */
import type { SharedMessage } from "@fairlead/h2";

/** A gRPC status code (`google.rpc.Code`) and its message. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** One client connection. */
export interface Connection {
  /** Unique in this process, for logs and for joining the streams of one client. */
  readonly id: number;
  /** `address:port` of the peer. */
  readonly peer: string;
  /** URI and DNS SANs of the verified client certificate; empty without one. */
  readonly sans: readonly string[];
  /**
   * Raises what this connection may use beyond the edge's limits, for a large group: bytes queued for it (twice the
   * group's snapshot) and bytes of one request message (a delta reconnect names all that the largest group holds; 64 MiB at most). Never lowers.
   */
  allow(bytes: { readonly queuedBytes?: number; readonly messageBytes?: number }): void;
}

/** One gRPC call as the server sees it. All callbacks run on the event loop, never inside a call of a method here but {@link resume}. */
export interface ServerStream {
  /** Unique in this process. */
  readonly id: number;
  readonly connection: Connection;
  /** The gRPC path, `/package.Service/Method`. */
  readonly path: string;
  readonly userAgent: string;
  /** Absolute deadline by `grpc-timeout`, ms since the epoch; `undefined`: none. */
  readonly deadlineMs: number | undefined;
  /** Bytes accepted by {@link send} that wait: for the client's windows, or for the kernel, which did not take them at once. */
  readonly queuedBytes: number;
  /**
   * Sends one message, already framed by `frameMessage` (5-byte gRPC prefix and body). The bytes must not be changed; those
   * of a {@link SharedMessage} are cut into HTTP/2's frames once for all streams. Never blocks; see {@link queuedBytes} and `onDrain`.
   */
  send(frame: SharedMessage | Uint8Array): void;
  /** Holds further messages, and the half-close behind them; flow control holds the client. */
  pause(): void;
  /** Lets them come again, one perhaps at once. */
  resume(): void;
  /** Ends the call with trailers; nothing can be sent after it. */
  end(status: GrpcStatus): void;
}

/** What the layer above wants to hear of one stream. */
export interface StreamHandler {
  /** One whole request message, unframed and decompressed. The bytes are the receiver's to keep. */
  onMessage(message: Uint8Array): void;
  /** The client half-closed. */
  onEnd(): void;
  /** `queuedBytes` fell to zero after it was above. It may be told again with nothing queued in between. */
  onDrain(): void;
  /** The stream is gone, for whatever reason; called once, last. */
  onClose(reason: string): void;
}

/** The head of an HTTP request that is no gRPC call. */
export interface HttpHead {
  readonly connection: Connection;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly contentType: string;
  /** By its header; 0: none. */
  readonly contentLength: number;
  readonly userAgent: string;
}

/** What answers an HTTP request. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string;
  /** After how many seconds to try again. */
  readonly retryAfterS?: number;
  /** Shared by many answers: must not be changed. */
  readonly body?: Uint8Array;
  /** Called once, last: whether the kernel took all of it, for a connection that was still there. */
  onDone?(isWhole: boolean): void;
}

/** Answers a request whose body is whole: at once, or after it has asked another thread. */
export type HttpBodyHandler = (body: Uint8Array) => HttpAnswer | Promise<HttpAnswer>;

/** What a {@link Transport} asks of the layer above. */
export interface TransportHandler {
  /** Whether it does not keep up with what it was shown: new streams wait for admission meanwhile. Default: never. */
  readonly isBehind?: boolean;
  /** A new call; the answer is its handler, or a status that ends it at once (unknown method: 12 UNIMPLEMENTED). */
  onStream(stream: ServerStream): StreamHandler | GrpcStatus;
  /**
   * An HTTP request that is no gRPC call: answered by its head alone, or once its body is there; `undefined`: its path is
   * nobody's. Without this, HTTP/1 is refused.
   */
  onRequest?(head: HttpHead): HttpAnswer | HttpBodyHandler | undefined;
}

/** What an edge holds, for metrics. */
export interface EdgeCounts {
  readonly connections: number;
  /** Bytes queued for sending on all connections. */
  readonly queuedBytes: number;
  /** Bytes held of request messages that are not yet whole. */
  readonly partialBytes: number;
  /** New streams that wait for admission. */
  readonly waitingStreams: number;
}

/** A listening HTTP/2 edge. */
export interface Transport {
  /** The bound address. */
  readonly address: { readonly host: string; readonly port: number };
  readonly connections: number;
  /** Sends GOAWAY on every connection and accepts no more; resolves when the last stream has ended. */
  drain(): Promise<void>;
  /** Ends every connection now. */
  close(): Promise<void>;
}
