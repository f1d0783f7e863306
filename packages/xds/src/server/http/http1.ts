import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { peerOf } from "../http2/connection.ts";
import type { Edge } from "../http2/edge.ts";
import type { Connection, HttpAnswer } from "../transport.ts";
import { type ExchangePort, HttpExchange } from "./exchange.ts";

// Not imported: an `import` of it evaluates each of its exports, the WebSocket client too, which is 12 MB of memory.
const { createServer } = process.getBuiltinModule("node:http");

/** Requests of one connection whose answers have not left: clients that poll have one, and may pipeline a few. */
const MAX_PIPELINED = 8;

/** HTTP/1.1 by `node:http`, for REST, on sockets that the listener accepted. */
export class Http1Connections {
  readonly #edge: Edge;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Http1Connection>();
  readonly #onEmpty: () => void;
  #isDraining = false;

  /** @param onEmpty told when the last connection is gone */
  constructor(edge: Edge, onEmpty: () => void) {
    this.#edge = edge;
    this.#onEmpty = onEmpty;
    const { maxHeaderBytes, maxHeaderPairs, http1IdleMs } = edge.limits;
    this.#server = createServer({ maxHeaderSize: maxHeaderBytes, keepAliveTimeout: http1IdleMs });
    this.#server.maxHeadersCount = maxHeaderPairs;
    this.#server.on("request", (request, response) => this.#take(request, response));
    // Before a request is understood: too large headers, no HTTP. Node answers the former, if there is somebody.
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      else socket.destroy();
    });
  }

  /** Connections that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes up a connection whose first bytes are yet to be read. */
  open(socket: Socket, id: number, sans: readonly string[]): void {
    this.#connections.set(socket, new Http1Connection(this.#edge, socket, id, sans, () => this.#isDraining));
    socket.on("close", () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#onEmpty();
    });
    this.#server.emit("connection", socket);
  }

  /** Closes what is idle now and what is not behind its answer. */
  drain(): void {
    this.#isDraining = true;
    for (const connection of this.#connections.values()) connection.closeIfIdle();
  }

  terminateAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  sweep(nowMs: number): void {
    for (const connection of this.#connections.values()) connection.sweep(nowMs);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (!connection || connection.exchanges.size >= MAX_PIPELINED) request.socket.destroy();
    else connection.take(request, response);
  }
}

class Http1Connection implements Connection {
  readonly id: number;
  readonly peer: string;
  readonly sans: readonly string[];
  readonly exchanges = new Set<HttpExchange>();
  readonly #edge: Edge;
  readonly #socket: Socket;
  readonly #isDraining: () => boolean;
  readonly #openedMs: number;
  #idleSinceMs: number;
  #hasRequest = false;
  #bodyLimitBytes: number;

  constructor(edge: Edge, socket: Socket, id: number, sans: readonly string[], isDraining: () => boolean) {
    this.id = id;
    this.peer = peerOf(socket);
    this.sans = sans;
    this.#edge = edge;
    this.#socket = socket;
    this.#isDraining = isDraining;
    this.#openedMs = performance.now();
    this.#idleSinceMs = this.#openedMs;
    this.#bodyLimitBytes = edge.limits.maxMessageBytes;
  }

  allow({ messageBytes = 0 }: { readonly messageBytes?: number }): void {
    const most = Math.min(messageBytes, this.#edge.limits.maxAllowedMessageBytes);
    this.#bodyLimitBytes = Math.max(this.#bodyLimitBytes, most);
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    this.#hasRequest = true;
    request.on("error", ignore);
    response.on("error", ignore);
    const exchange = new HttpExchange(this.#edge, this.#port(request, response));
    request.on("data", (chunk: Buffer) => exchange.push(chunk));
    request.on("end", () => exchange.end());
    this.exchanges.add(exchange);
    response.on("close", () => {
      this.exchanges.delete(exchange);
      exchange.close(response.writableFinished);
      this.#idleSinceMs = performance.now();
      // An answer that was on its way when the drain began could not say that it is the last.
      if (this.#isDraining()) this.closeIfIdle();
    });
  }

  closeIfIdle(): void {
    if (this.exchanges.size === 0) this.#socket.destroySoon();
  }

  sweep(nowMs: number): void {
    const { handshakeMs, http1IdleMs, maxConnectionAgeMs, connectionAgeGraceMs } = this.#edge.limits;
    const ageMs = nowMs - this.#openedMs;
    const isLate = !this.#hasRequest && ageMs > handshakeMs;
    const isOld = maxConnectionAgeMs > 0 && ageMs > maxConnectionAgeMs + connectionAgeGraceMs;
    // Node's own timer begins anew with every byte of the next headers.
    const isIdle = this.exchanges.size === 0 && nowMs - this.#idleSinceMs > http1IdleMs;
    if (isLate || isOld || isIdle) this.#socket.destroy();
    for (const exchange of this.exchanges) exchange.sweep(nowMs);
  }

  #port(request: IncomingMessage, response: ServerResponse): ExchangePort {
    const { headers } = request;
    const socket = this.#socket;
    return {
      head: {
        connection: this,
        method: request.method ?? "",
        path: (request.url ?? "").replace(/\?.*$/, ""),
        contentType: headers["content-type"] ?? "",
        contentLength: Number(headers["content-length"] ?? 0),
        userAgent: headers["user-agent"] ?? "",
      },
      waitsForEnd: false,
      bodyLimitBytes: this.#bodyLimitBytes,
      canQueue: () => true, // few, by the bound on pipelining, and each is shared
      write: (answer, isLast) => {
        if (isLast || this.#isDraining() || this.#isOld) response.setHeader("connection", "close");
        this.#countQueued(response, answer);
        writeHttp1(response, answer);
      },
      progress: () => socket.bytesWritten,
      destroy: () => void socket.destroy(),
    };
  }

  #countQueued(response: ServerResponse, { body }: HttpAnswer): void {
    const bytes = body?.length ?? 0;
    this.#edge.queuedBytes += bytes;
    response.on("close", () => {
      this.#edge.queuedBytes -= bytes;
    });
  }

  /** Requests move to new replicas as streams do. */
  get #isOld(): boolean {
    const { maxConnectionAgeMs } = this.#edge.limits;
    return maxConnectionAgeMs > 0 && performance.now() - this.#openedMs > maxConnectionAgeMs;
  }
}

function writeHttp1(response: ServerResponse, { status, contentType, retryAfterS, body }: HttpAnswer): void {
  if (contentType !== undefined) response.setHeader("content-type", contentType);
  if (retryAfterS !== undefined) response.setHeader("retry-after", retryAfterS);
  if (body) response.setHeader("content-length", body.length);
  response.statusCode = status;
  response.end(body);
}

function ignore(): void {}
