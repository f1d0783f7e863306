import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ByteWriter } from "@fairlead/h2";
import type { Arrival, ConnectGate } from "./connect-gate.ts";
import { type ConnectionEnd, closedHere } from "./connection-end.ts";
import { endAt, endOfLink, hungUp } from "./end-of-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { contextOf, openSocket } from "./open-socket.ts";
import { beginTurn, claimOutbox, endTurn, type OutboxOwner } from "./outbox.ts";
import { readBuffer } from "./read-buffer.ts";
import { addSlowReader, removeSlowReader, type SlowReader } from "./slow-readers.ts";

/** Who is told of a link's events. */
export interface LinkHandler {
  /** TCP is there, and TLS with HTTP/2 agreed on. */
  onOpen(): void;
  /** So many bytes came; they are at the start of `buffer` and valid during the call only. */
  onBytes(buffer: Buffer, length: number): void;
  /** The link is gone; called once, last, and never from within {@link openLink}. */
  onEnd(end: ConnectionEnd): void;
}

/** How a link behaves. */
export interface LinkOptions {
  /** How long TCP and TLS may take, ms. */
  readonly connectTimeoutMs: number;
  /** Most bytes that the kernel does not take, since the server leaves them unread. */
  readonly maxUnsentBytes: number;
  /** How many may be connecting at once, and which wait meanwhile. Default: 512 of the process. */
  readonly gate: ConnectGate;
}

/**
 * A socket to a server, plain or TLS, that shares its buffers with all others of the process. Idle, it costs what Node's socket
 * costs.
 */
export class Link implements OutboxOwner, SlowReader, Arrival {
  /** Bytes that came and went, TLS not counted. */
  bytesRead = 0;
  bytesWritten = 0;
  allowance = 0;
  bytesPerSecond = 0;
  readonly #endpoint: Endpoint;
  readonly #options: LinkOptions;
  readonly #handler: LinkHandler;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What is to be sent when the link is open. */
  #early: Buffer[] | undefined = [];
  #state: "waiting" | "connecting" | "open" | "ended" = "waiting";
  #isPaused = false;
  /** The server has shown that it speaks our protocol: how a later end is called. */
  isReady = false;

  /** @throws when a certificate, key or CA cannot be read */
  constructor(endpoint: Endpoint, options: LinkOptions, handler: LinkHandler) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#handler = handler;
    if (endpoint.tls !== undefined) contextOf(endpoint.tls); // PEM that cannot be read fails here and now
    options.gate.enter(this);
  }

  start(): void {
    const socket = openSocket(this.#endpoint, readBuffer, (length) => this.#onRead(length));
    this.#state = "connecting";
    this.#socket = socket;
    socket.once(this.#endpoint.tls === undefined ? "connect" : "secureConnect", () => this.#onConnected(socket));
    socket.on("error", (error) => this.#end(endOfLink(error, this.#endpoint, this.isReady)));
    socket.once("close", () => this.#end(hungUp(this.#endpoint, this.isReady)));
    this.#timer = setTimeout(onConnectTimeout, this.#options.connectTimeoutMs, this);
  }

  /** Whether it has ended. */
  get isEnded(): boolean {
    return this.#state === "ended";
  }

  /** Whether what is written now goes to the kernel in this turn. */
  get isWritable(): boolean {
    return this.#state === "open" && this.unsentBytes === 0;
  }

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** Where to write: ask before each group of bytes. It is sent within this turn. */
  output(): ByteWriter {
    return claimOutbox(this);
  }

  write(bytes: Buffer): boolean {
    if (this.#state === "ended") return true;
    if (this.#early !== undefined) {
      this.#early.push(Buffer.from(bytes));
      return true;
    }
    this.bytesWritten += bytes.length;
    this.#socket!.write(bytes);
    const unsent = this.unsentBytes;
    if (unsent > this.#options.maxUnsentBytes) {
      this.end(endAt(this.#endpoint, "not-reading", `the server leaves ${unsent} bytes unread that were sent to it`));
    }
    return unsent === 0;
  }

  /** Stops reading: what the server sends fills the kernel's buffers, and then waits with the server. */
  pauseReading(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  /** Reads on, as fast as it comes. */
  resumeReading(): void {
    if (this.bytesPerSecond > 0) removeSlowReader(this);
    this.bytesPerSecond = 0;
    this.#isPaused = false;
    if (this.#state === "open") this.#socket!.resume();
  }

  /** Reads at most so many bytes a second on average. */
  limitReading(bytesPerSecond: number): void {
    if (this.#state === "ended") return;
    this.#isPaused = false;
    this.bytesPerSecond = bytesPerSecond;
    this.allowance = 0;
    addSlowReader(this);
  }

  readOn(): void {
    if (this.#state === "open" && !this.#isPaused) this.#socket!.resume();
  }

  /** Ends it now; what is written and not sent may be lost. */
  end(end: ConnectionEnd = closedHere): void {
    this.#end(end);
  }

  /** Sends what is written, then ends it. */
  endAfterWriting(end: ConnectionEnd): void {
    endTurn();
    if (this.#state === "open") this.#socket!.destroySoon();
    this.#end(end, false);
  }

  #onConnected(socket: Socket) {
    if (this.#state === "ended") return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (socket instanceof TLSSocket && socket.alpnProtocol !== "h2") {
      const what = "the server does not offer HTTP/2 over TLS (ALPN `h2`): is this its gRPC port?";
      return this.#end(endAt(this.#endpoint, "no-alpn", what));
    }
    this.#state = "open";
    this.#options.gate.leave();
    if (this.#isPaused) socket.pause(); // before it connected there was nothing to pause
    const early = this.#early ?? [];
    this.#early = undefined;
    if (early.length > 0) this.write(Buffer.concat(early));
    this.#handler.onOpen();
  }

  #onRead(length: number): boolean {
    this.bytesRead += length;
    beginTurn();
    try {
      this.#handler.onBytes(readBuffer, length);
    } finally {
      endTurn();
    }
    if (this.bytesPerSecond > 0) {
      this.allowance -= length;
      return this.allowance > 0 && !this.#isPaused;
    }
    return !this.#isPaused;
  }

  #end(end: ConnectionEnd, isNow = true): void {
    if (this.#state === "ended") return;
    if (this.#state === "connecting") this.#options.gate.leave();
    this.#state = "ended";
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#early = undefined;
    if (this.bytesPerSecond > 0) removeSlowReader(this);
    if (isNow) this.#socket?.destroy();
    this.#handler.onEnd(end);
  }

  /** Not for others: the time to connect is over. */
  timeOut(): void {
    const what = `no connection within ${this.#options.connectTimeoutMs} ms: is the server overloaded, or a firewall on the way?`;
    this.#end(endAt(this.#endpoint, "connect-timeout", what));
  }
}

/** No closure for each of thousands of timers. */
function onConnectTimeout(link: Link): void {
  link.timeOut();
}
