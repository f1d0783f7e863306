import {
  type ClientStream,
  errorCodeName,
  type HeaderList,
  headerValue,
  type StreamEnd,
  type StreamHandler,
} from "@fairlead/h2";
import { decodeGrpcMessage, statusName } from "@fairlead/xds";
import { MessageReader, type MessageSink, messagePrefixBytes } from "../grpc/message-reader.ts";
import type { CallEnd } from "./call-end.ts";
import type { Connection } from "./connection.ts";

/** Who is told of a call's events. One object may serve many calls: each method names the call. */
export interface CallHandlers {
  /** One whole message, without its prefix. A view into a shared buffer: valid during the call only. */
  onMessage(message: Buffer, call: Call): void;
  /** The call is over; called once, last. Never from within {@link Connection.openStream}. */
  onEnd(end: CallEnd, call: Call): void;
}

/** What became of a message that was sent. */
export type MessageSent =
  /** It is handed to the kernel within this turn of the event loop. */
  | "sent"
  /** It waits: for the connection, for the server's windows, or for the kernel. */
  | "queued"
  /** It is dropped: the call is over or ended from here, or 64 MiB wait already. */
  | "refused";

/** A gRPC call with messages both ways, uncompressed. */
export class Call implements StreamHandler, MessageSink {
  readonly connection: Connection;
  /** The largest message taken, bytes. */
  readonly maxMessageBytes: number;
  readonly #handlers: CallHandlers;
  readonly #reader = new MessageReader();
  #stream: ClientStream | undefined;
  #end: CallEnd | undefined;
  isOver = false;

  /** Not for others: {@link Connection.openStream} makes them. */
  constructor(connection: Connection, handlers: CallHandlers, maxMessageBytes: number) {
    this.connection = connection;
    this.#handlers = handlers;
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Sends one message. The bytes may be used again after the call. */
  send(message: Uint8Array): MessageSent {
    const stream = this.#stream;
    if (stream === undefined || this.isOver) return "refused";
    const { http2, isWritable } = this.connection;
    const length = messagePrefixBytes + message.length;
    const out = http2.beginData(stream, length);
    if (out === undefined) return worse(http2.send(stream, framed(message)), isWritable);
    const bytes = out.reserve(length);
    const at = out.position - length;
    writePrefix(bytes, at, message.length);
    bytes.set(message, at + messagePrefixBytes);
    return isWritable ? "sent" : "queued";
  }

  /** Half-closes: no more messages from here. */
  end(): void {
    if (this.#stream !== undefined) this.connection.http2.end(this.#stream);
  }

  /** Resets the stream; the handler is told `closed` at once. */
  reset(): void {
    if (this.isOver) return;
    this.#end ??= { kind: "closed", message: "closed from here" };
    if (this.#stream !== undefined) this.connection.http2.reset(this.#stream);
  }

  /** Not for others. */
  begin(stream: ClientStream): void {
    this.#stream = stream;
  }

  /** Not for others: it never began, or its connection is gone. */
  finish(end: CallEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#reader.drop();
    this.#stream = undefined;
    this.#handlers.onEnd(end, this);
  }

  onHeaders(_stream: ClientStream, headers: HeaderList) {
    const httpStatus = Number(headerValue(headers, ":status"));
    const contentType = headerValue(headers, "content-type") ?? "";
    const hasStatus = headerValue(headers, "grpc-status") !== undefined;
    if (httpStatus !== 200 && !hasStatus)
      return this.#fail({
        kind: "http-status",
        status: httpStatus,
        message: this.#says(`answered with HTTP status ${httpStatus}: is this its gRPC port?`),
      });
    if (hasStatus) return this.onTrailers(_stream, headers); // an answer of trailers only
    if (!contentType.startsWith("application/grpc")) {
      this.#fail({
        kind: "not-grpc",
        message: this.#says(`answered with content type ${JSON.stringify(contentType)}, not with gRPC`),
      });
    }
  }

  onData(_stream: ClientStream, chunk: Uint8Array, start: number, end: number): void {
    this.#reader.read(chunk as Buffer, start, end, this);
  }

  onMessage(message: Buffer): void {
    this.#handlers.onMessage(message, this);
  }

  onBadMessage(fault: string): void {
    this.#fail({ kind: "bad-message", message: this.#says(fault) });
  }

  onTrailers(_stream: ClientStream, headers: HeaderList): void {
    const value = headerValue(headers, "grpc-status");
    const code = value !== undefined && /^[0-9]{1,9}$/.test(value) ? Number(value) : 2;
    const detail = decodeGrpcMessage(headerValue(headers, "grpc-message") ?? "");
    this.#end ??= {
      kind: "status",
      code,
      detail,
      message: this.#says(`ended the stream with ${statusName(code)}${explain(code, detail)}`),
    };
  }

  onClosed(_stream: ClientStream, end: StreamEnd): void {
    this.finish(this.#end ?? this.#endOf(end));
  }

  #endOf(end: StreamEnd): CallEnd {
    switch (end.kind) {
      case "ended":
        return { kind: "not-grpc", message: this.#says("ended the stream without a gRPC status") };
      case "reset":
        return {
          kind: "reset",
          code: end.code,
          message: this.#says(`reset the stream with ${errorCodeName(end.code)}`),
        };
      case "refused":
        return {
          kind: "refused",
          message: this.#says(end.by === "goaway" ? "takes no more streams (GOAWAY)" : "refused the stream"),
        };
      case "fault":
        return { kind: "protocol-error", message: this.#says(`broke a rule of HTTP/2: ${end.error.message}`) };
      case "cancelled":
        return { kind: "closed", message: "closed from here" };
      case "lost": {
        const connection = this.connection.ended;
        return { kind: "connection", connection, message: connection.message };
      }
    }
  }

  #fail(end: CallEnd): void {
    this.#end ??= end;
    if (this.#stream !== undefined) this.connection.http2.reset(this.#stream);
  }

  #says(what: string): string {
    return `${this.connection.address}: the server ${what}`;
  }
}

const unimplemented = 12;

function explain(code: number, detail: string): string {
  const said = detail === "" ? "" : `: ${detail}`;
  if (code !== unimplemented) return said;
  return `${said} (it has no such method: does it serve ADS, and this variant of the protocol?)`;
}

function worse(sent: MessageSent, isWritable: boolean): MessageSent {
  return sent === "sent" && !isWritable ? "queued" : sent;
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(messagePrefixBytes + message.length);
  writePrefix(frame, 0, message.length);
  frame.set(message, messagePrefixBytes);
  return frame;
}

function writePrefix(bytes: Buffer, at: number, length: number): void {
  bytes[at] = 0;
  bytes[at + 1] = length >>> 24;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 8;
  bytes[at + 4] = length;
}
