import type { GrpcStatus } from "../../server/transport.ts";

/** What a call needs. */
export interface CallOptions {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Further request headers; names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The call ends with `DEADLINE_EXCEEDED` after so many ms, on either side. Left out: never. */
  readonly timeoutMs?: number;
  /** Messages that {@link ClientCall.send} takes are gzip already; sets `grpc-encoding`. Default `identity`. */
  readonly encoding?: "identity" | "gzip";
  /** Largest message taken from the server. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

/** What a call tells. */
export interface CallHandlers {
  /** One whole message of the server. The bytes are the receiver's to keep. */
  onMessage(message: Uint8Array): void;
  /** The call is over; called once, last. A lost connection is `UNAVAILABLE`. */
  onEnd(status: GrpcStatus): void;
}

/** One gRPC call from the client's side, with messages both ways. */
export interface ClientCall {
  /** Bytes given to {@link send} that have not left the process. */
  readonly queuedBytes: number;
  /** Sends one message, not framed. With `encoding: "gzip"` it is compressed by the caller. */
  send(message: Uint8Array): void;
  /** Half-closes: no more messages from here. */
  end(): void;
  /** Resets the stream; the call ends with `CANCELLED`. */
  cancel(): void;
  /** Stops reading: what the server sends fills the flow control window, then waits there. */
  pause(): void;
  /** Reads on. */
  resume(): void;
}
