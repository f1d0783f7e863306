import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { frameMessage } from "../../grpc/frame.ts";
import { statusOfHttp, statusOfReset } from "../../grpc/http-status.ts";
import { decodeGrpcMessage } from "../../grpc/percent-encoding.ts";
import { status } from "../../grpc/status.ts";
import { formatGrpcTimeout } from "../../grpc/timeout.ts";
import { Unframer } from "../../grpc/unframe.ts";
import type { GrpcStatus } from "../../server/transport.ts";
import type { CallHandlers, CallOptions, ClientCall } from "./call.ts";

const defaultMaxMessageBytes = 64 * 1_048_576;

/** A call over a session of `node:http2`. */
export class Http2ClientCall implements ClientCall {
  readonly #stream: ClientHttp2Stream;
  readonly #handlers: CallHandlers;
  readonly #unframer: Unframer;
  readonly #isGzip: boolean;
  readonly #session: ClientHttp2Session;
  readonly #connectionClosed: Promise<string>;
  #status: GrpcStatus | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param connectionClosed resolves with the reason when the connection is gone */
  constructor(
    session: ClientHttp2Session,
    headers: Readonly<Record<string, string>>,
    options: CallOptions,
    handlers: CallHandlers,
    connectionClosed: Promise<string>,
  ) {
    this.#handlers = handlers;
    this.#unframer = new Unframer(options.maxMessageBytes ?? defaultMaxMessageBytes);
    this.#isGzip = options.encoding === "gzip";
    this.#session = session;
    this.#connectionClosed = connectionClosed;
    const stream = session.request({ ...headers, ...headersOf(options) }, { endStream: false });
    this.#stream = stream;
    stream.on("response", (answer) => this.#onResponse(answer));
    stream.on("trailers", (trailers) => this.#onTrailers(trailers));
    stream.on("data", (chunk: Buffer) => this.#onBytes(chunk));
    stream.on("error", () => {}); // 'close' follows and tells
    stream.once("close", () => this.#onClose());
    if (options.timeoutMs === undefined) return;
    this.#timer = setTimeout(
      () => this.#fail(status("DEADLINE_EXCEEDED", "the deadline has passed")),
      options.timeoutMs,
    );
  }

  get queuedBytes(): number {
    return this.#stream.writableLength;
  }

  send(message: Uint8Array): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    const frame = frameMessage(message);
    if (this.#isGzip) frame[0] = 1;
    this.#stream.write(frame);
  }

  end(): void {
    this.#stream.end();
  }

  cancel(): void {
    this.#fail(status("CANCELLED", "cancelled by the client"));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  #fail(reason: GrpcStatus): void {
    this.#status ??= reason;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #onResponse(headers: IncomingHttpHeaders): void {
    const httpStatus = Number(headers[":status"]);
    if (headers["grpc-status"] !== undefined) {
      this.#onTrailers(headers); // trailers only: the call is over with its first headers
      return;
    }
    if (httpStatus !== 200) this.#fail(statusOfHttp(httpStatus));
  }

  #onTrailers(headers: IncomingHttpHeaders): void {
    const code = Number(headers["grpc-status"] ?? Number.NaN);
    const message = String(headers["grpc-message"] ?? "");
    this.#status ??= Number.isInteger(code)
      ? { code, message: decodeGrpcMessage(message) }
      : status("UNKNOWN", "the server's trailers hold no grpc-status");
    if (!this.#stream.writableEnded) this.#stream.end();
  }

  #onBytes(chunk: Buffer): void {
    if (this.#status !== undefined && this.#stream.closed) return;
    this.#unframer.push(chunk);
    while (true) {
      const unframed = this.#unframer.read();
      if (unframed === undefined) return;
      if (unframed.kind === "fault") {
        this.#fail(unframed.status);
        return;
      }
      if (unframed.isCompressed) {
        this.#fail(status("INTERNAL", "the server compressed a message, and was not told that it may"));
        return;
      }
      this.#handlers.onMessage(unframed.bytes);
    }
  }

  #onClose(): void {
    clearTimeout(this.#timer);
    if (this.#status !== undefined) this.#handlers.onEnd(this.#status);
    else if (this.#session.destroyed) void this.#endAsLost();
    else this.#handlers.onEnd(this.#statusOfClose());
  }

  /** Streams close before the session says why. */
  async #endAsLost(): Promise<void> {
    const reason = await this.#connectionClosed;
    this.#handlers.onEnd(status("UNAVAILABLE", reason));
  }

  #statusOfClose(): GrpcStatus {
    const { rstCode } = this.#stream;
    if (rstCode !== constants.NGHTTP2_NO_ERROR) return statusOfReset(rstCode);
    return status("UNAVAILABLE", "the stream ended without trailers");
  }
}

function headersOf(options: CallOptions): Record<string, string> {
  return {
    ":method": "POST",
    ":path": options.path,
    te: "trailers",
    "content-type": "application/grpc",
    ...(options.encoding === "gzip" && { "grpc-encoding": "gzip" }),
    ...(options.timeoutMs !== undefined && { "grpc-timeout": formatGrpcTimeout(options.timeoutMs) }),
    ...options.metadata,
  };
}
