import {
  ErrorCode,
  encodeHeaders,
  type HeaderList,
  type ServerStream as Http2Stream,
  headerValue,
  type RequestEnd,
} from "@fairlead/h2";
import { type ExchangePort, HttpExchange } from "../http/exchange.ts";
import type { HttpAnswer, HttpHead } from "../transport.ts";
import type { Http2Connection, Http2Request } from "./connection.ts";
import type { Edge } from "./edge.ts";

/** A request over HTTP/2 that is no gRPC call. */
export class RestRequest implements Http2Request, ExchangePort {
  readonly head: HttpHead;
  readonly waitsForEnd = true;
  handedBytes = 0;
  unsentBytes = 0;
  readonly #connection: Http2Connection;
  readonly #stream: Http2Stream;
  readonly #exchange: HttpExchange;

  constructor(edge: Edge, connection: Http2Connection, stream: Http2Stream, headers: HeaderList) {
    this.head = headOf(connection, headers);
    this.#connection = connection;
    this.#stream = stream;
    this.#exchange = new HttpExchange(edge, this);
  }

  get bodyLimitBytes(): number {
    return this.#connection.messageLimitBytes;
  }

  progress(): number {
    return this.#connection.lateWrites - (this.#stream.queue?.bytes ?? 0);
  }

  canQueue(bytes: number): boolean {
    return this.#connection.canQueue(bytes);
  }

  write({ status, contentType, retryAfterS, body }: HttpAnswer): void {
    if (this.#stream.isClosed) return;
    const { http2 } = this.#connection;
    const headers: [string, string][] = [[":status", String(status)]];
    if (contentType !== undefined) headers.push(["content-type", contentType]);
    if (retryAfterS !== undefined) headers.push(["retry-after", String(retryAfterS)]);
    if (body !== undefined) headers.push(["content-length", String(body.length)]);
    this.#connection.forgivePings();
    const isBare = body === undefined || this.head.method === "HEAD";
    http2.respond(this.#stream, encodeHeaders(headers), isBare);
    if (isBare) return;
    http2.send(this.#stream, body);
    http2.end(this.#stream); // what the client may still be sending nobody reads
    this.#connection.count();
  }

  destroy(): void {
    this.#connection.http2.reset(this.#stream, ErrorCode.ENHANCE_YOUR_CALM);
  }

  sweep(nowMs: number): void {
    this.#exchange.sweep(nowMs);
  }

  /** An answer has an end of its own. */
  end(): void {}

  onData(_stream: Http2Stream, chunk: Uint8Array, start: number, end: number): void {
    this.#exchange.push(new Uint8Array(chunk.subarray(start, end)));
  }

  onEnd(): void {
    this.#exchange.end();
  }

  onSent(): void {}

  onTaken(isTaken: boolean): void {
    if (this.#stream.isClosed) this.#exchange.close(isTaken);
  }

  onClosed(_stream: Http2Stream, end: RequestEnd): void {
    this.#connection.forget(end.kind === "reset" && !this.#exchange.hasRequest);
    if (end.kind === "ended") this.#connection.tellTaken(this);
    else this.#exchange.close(false);
  }
}

function headOf(connection: Http2Connection, headers: HeaderList): HttpHead {
  return {
    connection,
    method: headerValue(headers, ":method") ?? "",
    path: (headerValue(headers, ":path") ?? "").replace(/\?.*$/, ""),
    contentType: headerValue(headers, "content-type") ?? "",
    contentLength: Number(headerValue(headers, "content-length") ?? 0),
    userAgent: headerValue(headers, "user-agent") ?? "",
  };
}
