import {
  type ByteWriter,
  ClientConnection,
  type ConnectionHandler,
  ErrorCode,
  errorCodeName,
  type Goaway,
  type H2Error,
} from "@fairlead/h2";
import { formatAddress } from "../../plan/address.ts";
import { Call, type CallHandlers } from "./call.ts";
import { callHeaders } from "./call-headers.ts";
import { type ConnectionEnd, closedHere } from "./connection-end.ts";
import { endAt } from "./end-of-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { firstBytesNeeded, judgeFirstBytes } from "./first-bytes.ts";
import { Link, type LinkHandler } from "./link.ts";
import { type CompleteOptions, type ConnectionOptions, completeOptions } from "./options.ts";

/** Who is told of a connection's events. One object may serve many connections. */
export interface ConnectionHandlers {
  /** The server answered the preface: it speaks HTTP/2. */
  onReady?(connection: Connection): void;
  /** The connection is over, its calls before it; called once, last, and never from within {@link openConnection}. */
  onEnd?(end: ConnectionEnd, connection: Connection): void;
}

/** How a stream is opened. */
export interface StreamOptions {
  /** The largest message taken, bytes. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

const defaultMaxMessageBytes = 64 * 1_048_576;

/**
 * Opens a connection; returns at once. Streams can be opened and messages sent right away: they go out when it is there.
 * @throws when a certificate, key or CA of the endpoint cannot be read
 */
export function openConnection(
  endpoint: Endpoint,
  handlers: ConnectionHandlers = {},
  options?: Partial<ConnectionOptions>,
): Connection {
  return new Connection(endpoint, handlers, completeOptions(options));
}

/** An HTTP/2 connection of the load generator: cheap enough for tens of thousands in a process. It does not reconnect. */
export class Connection implements ConnectionHandler, LinkHandler {
  readonly endpoint: Endpoint;
  /** Not for others: the protocol's side of it. */
  readonly http2: ClientConnection;
  readonly #handlers: ConnectionHandlers;
  readonly #options: CompleteOptions;
  readonly #link: Link;
  #timer: NodeJS.Timeout | undefined;
  /** The beginning of the first bytes, where it came in pieces; `null` once they are judged. */
  #firstBytes: Buffer | null = noBytes;
  #goaway: Goaway | undefined;
  #end: ConnectionEnd | undefined;

  /** Not for others: {@link openConnection}. */
  constructor(endpoint: Endpoint, handlers: ConnectionHandlers, options: CompleteOptions) {
    this.endpoint = endpoint;
    this.#handlers = handlers;
    this.#options = options;
    this.http2 = new ClientConnection(options, this);
    this.#link = new Link(endpoint, options, this);
    this.http2.start();
  }

  /** `host:port`. */
  get address(): string {
    return formatAddress(this.endpoint);
  }

  /** Whether the server has answered the preface and the connection is there. */
  get isReady(): boolean {
    return this.#link.isReady && this.#end === undefined;
  }

  /** Whether new streams need another connection: it is over, or the server said that it will be. */
  get isDraining(): boolean {
    return this.#end !== undefined || this.#goaway !== undefined;
  }

  /** Whether the server asked to be left (GOAWAY without an error), as it may at any time: its end, and its streams', are in order. */
  get isAskedAway(): boolean {
    return this.#goaway?.code === ErrorCode.NO_ERROR;
  }

  /** Whether it is over. */
  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether what is sent now goes to the kernel in this turn, as far as the server's windows allow. */
  get isWritable(): boolean {
    return this.#link.isWritable;
  }

  /** Bytes that were sent and wait: for the server's windows, or for the kernel. */
  get queuedBytes(): number {
    return this.http2.queuedBytes + this.#link.unsentBytes;
  }

  /** Bytes that came, of TLS's content. */
  get bytesRead(): number {
    return this.#link.bytesRead;
  }

  /** Bytes that went, of TLS's content. */
  get bytesWritten(): number {
    return this.#link.bytesWritten;
  }

  /** Open streams, with those that wait for the server to allow them. */
  get streamCount(): number {
    return this.http2.streamCount;
  }

  /** How it ended, for its calls. */
  get ended(): ConnectionEnd {
    return this.#end ?? closedHere;
  }

  /**
   * Opens a gRPC call. On a connection that takes none it ends soon, as `refused` or `connection`.
   * @param path `/package.Service/Method`
   */
  openStream(
    path: string,
    handlers: CallHandlers,
    { maxMessageBytes = defaultMaxMessageBytes }: StreamOptions = {},
  ): Call {
    const call = new Call(this, handlers, maxMessageBytes);
    if (this.http2.canOpen) call.begin(this.http2.open(callHeaders(this.endpoint, path), call));
    else process.nextTick(() => call.finish(this.#whyNone()));
    return call;
  }

  /** Stops reading: what the server sends fills the kernel's buffers, and then waits with the server. */
  pauseReading(): void {
    this.#link.pauseReading();
  }

  /** Reads on, as fast as it comes. */
  resumeReading(): void {
    this.#link.resumeReading();
  }

  /** Reads at most so many bytes a second on average (in steps of what the kernel has at once). */
  limitReading(bytesPerSecond: number): void {
    this.#link.limitReading(bytesPerSecond);
  }

  /** Says goodbye (GOAWAY) and closes; its calls end as `connection`. */
  close(): void {
    if (this.#end !== undefined) return;
    this.http2.sayGoodbye();
    this.#link.endAfterWriting(closedHere);
  }

  /** Cuts it off without a word, as the kernel does for a client that dies. */
  cut(): void {
    this.#link.end(closedHere);
  }

  output(): ByteWriter {
    return this.#link.output();
  }

  onOpen(): void {
    this.#timer = setTimeout(onSettingsTimeout, this.#options.settingsTimeoutMs, this);
  }

  onBytes(buffer: Buffer, length: number) {
    if (this.#firstBytes === null) return this.http2.receive(buffer, 0, length);
    this.#judge(this.#firstBytes, buffer, length);
  }

  onReady(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#link.isReady = true;
    this.#handlers.onReady?.(this);
  }

  onGoaway(goaway: Goaway): void {
    this.#goaway = goaway;
  }

  onPong(): void {}

  onFault(error: H2Error): void {
    this.#link.endAfterWriting(
      endAt(this.endpoint, "protocol-error", `the server broke a rule of HTTP/2: ${error.message}`),
    );
  }

  onEnd(end: ConnectionEnd): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const isByServer = end.kind === "lost" || end.kind === "hung-up";
    this.#end = isByServer && this.#goaway !== undefined ? this.#endOfGoaway(this.#goaway) : end;
    this.http2.lose();
    this.#handlers.onEnd?.(this.#end, this);
  }

  /** Not for others: the time for the first SETTINGS is over. */
  timeOut(): void {
    const what = `connected, but no HTTP/2 SETTINGS within ${this.#options.settingsTimeoutMs} ms: is it the xDS port, and does it want TLS?`;
    this.#link.end(endAt(this.endpoint, "settings-timeout", what));
  }

  #judge(before: Buffer, buffer: Buffer, length: number) {
    const bytes =
      before.length === 0 ? buffer.subarray(0, length) : Buffer.concat([before, buffer.subarray(0, length)]);
    const end = judgeFirstBytes(bytes, this.endpoint);
    if (end !== undefined) return this.#link.end(end);
    this.#firstBytes = bytes.length < firstBytesNeeded ? Buffer.from(bytes) : null;
    if (this.#firstBytes === null) this.http2.receive(bytes);
  }

  #endOfGoaway({ code, text }: Goaway): ConnectionEnd {
    const said = text === "" ? "" : `: ${text}`;
    return endAt(this.endpoint, "goaway", `the server closed the connection (GOAWAY ${errorCodeName(code)}${said})`);
  }

  #whyNone(): Parameters<Call["finish"]>[0] {
    const connection = this.#end;
    if (connection !== undefined) return { kind: "connection", connection, message: connection.message };
    const why =
      this.#goaway === undefined
        ? "too many streams wait to be opened on the connection"
        : "the server takes no more streams (GOAWAY)";
    return { kind: "refused", message: `${this.address}: ${why}` };
  }
}

const noBytes = Buffer.alloc(0);

/** No closure for each of thousands of timers. */
function onSettingsTimeout(connection: Connection): void {
  connection.timeOut();
}
