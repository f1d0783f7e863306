import type { EventEmitter } from "node:events";
import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { status } from "../../grpc/status.ts";
import { HttpExchange } from "../http/exchange.ts";
import type { Connection, GrpcStatus } from "../transport.ts";
import type { Edge } from "./edge.ts";
import { Keepalive } from "./keepalive.ts";
import { PingStrikes } from "./ping-strikes.ts";
import { refuse, refuseHttp } from "./refuse.ts";
import { readRequestHead } from "./request.ts";
import { exchangePort } from "./rest-stream.ts";
import { Http2Call } from "./stream.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What opened a connection. */
export interface Opened {
  readonly id: number;
  readonly socket: Socket;
  readonly session: ServerHttp2Session;
  readonly sans: readonly string[];
}

/** Under which a session of node's holds its connection. */
const connectionOf = Symbol("connection");

/** Paths of xDS by gRPC: who asks there, and not as gRPC does, is told how. */
const GRPC_PATH = "/envoy.service.";

type OwnedSession = ServerHttp2Session & { [connectionOf]: Http2Connection };
type Listener = (this: unknown, ...args: unknown[]) => void;
type StreamArguments = [ServerHttp2Stream, IncomingHttpHeaders, number, readonly string[]];

/** One HTTP/2 connection, with its streams and the limits that hold per connection. */
export class Http2Connection implements Connection {
  readonly id: number;
  readonly peer: string;
  readonly sans: readonly string[];
  /** Bytes queued on all streams of this connection. */
  queuedBytes = 0;
  /** Bytes of request messages not yet whole. */
  partialBytes = 0;
  /** Most of {@link queuedBytes}. */
  queueLimitBytes: number;
  /** Most of one request message. */
  messageLimitBytes: number;
  readonly #edge: Edge;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #calls = new Set<Http2Call>();
  readonly #exchanges = new Set<HttpExchange>();
  readonly #resets: TokenBucket;
  readonly #settings: TokenBucket;
  readonly #openedMs: number;
  readonly #ageLimitMs: number;
  #closeReason: string | undefined;
  #destroyedMs: number | undefined;
  #drainingUntilMs: number | undefined;
  readonly #pings: PingStrikes;
  readonly #keepalive: Keepalive;

  constructor(edge: Edge, { id, socket, session, sans }: Opened) {
    const { limits } = edge;
    const nowMs = performance.now();
    this.id = id;
    this.peer = peerOf(socket);
    this.sans = sans;
    this.queueLimitBytes = limits.maxQueuedBytesPerConnection;
    this.messageLimitBytes = limits.maxMessageBytes;
    this.#edge = edge;
    this.#session = session;
    this.#socket = socket;
    this.#resets = new TokenBucket(limits.resetBurst, limits.resetsPerSecond, nowMs);
    this.#settings = new TokenBucket(limits.settingsBurst, limits.settingsPerSecond, nowMs);
    this.#openedMs = nowMs;
    this.#pings = new PingStrikes(limits);
    this.#keepalive = new Keepalive(limits, nowMs);
    this.#ageLimitMs = ageLimit(limits.maxConnectionAgeMs, limits.connectionAgeJitter);
    this.#listen();
  }

  /** Streams that are open or wait for admission. */
  get streams(): number {
    return this.#calls.size;
  }

  allow(bytes: { readonly queuedBytes?: number; readonly messageBytes?: number }): void {
    const messageBytes = Math.min(bytes.messageBytes ?? 0, this.#edge.limits.maxAllowedMessageBytes);
    this.messageLimitBytes = Math.max(this.messageLimitBytes, messageBytes);
    this.queueLimitBytes = Math.max(this.queueLimitBytes, bytes.queuedBytes ?? 0);
  }

  /** Whether so many more bytes may be queued: always, on a connection that has none queued. */
  canQueue(bytes: number): boolean {
    return this.queuedBytes === 0 || this.queuedBytes + bytes <= this.queueLimitBytes;
  }

  /** DATA or HEADERS are sent: the peer may PING anew (clients measure bandwidth so). */
  forgivePings(): void {
    this.#pings.forgive();
  }

  /** Why a stream closed that nobody here closed. */
  closeReasonOf(rstCode: number): string {
    if (this.#closeReason !== undefined) return this.#closeReason;
    if (this.#session.destroyed || this.#socket.destroyed) return "the connection is gone";
    return rstCode === constants.NGHTTP2_NO_ERROR ? "closed by the client" : `reset by the client (code ${rstCode})`;
  }

  forgetStream(call: Http2Call): void {
    this.#calls.delete(call);
    if (!call.hasMessage && !call.wasEndedHere) this.#countEarlyReset();
  }

  /** Sends GOAWAY: no new streams, those open may end. */
  drain(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  /** Sends GOAWAY and ends every call with that status; the connection closes behind them. */
  shutDown(answer: GrpcStatus): void {
    this.drain();
    for (const call of this.#calls) call.end(answer);
  }

  /** Ends the connection now: GOAWAY with the code, and the socket after `closeMs` at the latest. */
  terminate(code: number, reason: string): void {
    if (this.#session.destroyed) return;
    this.#closeReason = reason;
    this.#destroyedMs = performance.now();
    this.#session.goaway(code, 0, Buffer.from(reason));
    if (code === constants.NGHTTP2_NO_ERROR) this.#session.destroy();
    else this.#session.destroy(new Error(reason), code);
  }

  /** Looks at the limits in time, of the connection and of its streams. */
  sweep(nowMs: number): void {
    if (this.#session.destroyed) {
      this.#sweepDestroyed(nowMs);
      return;
    }
    for (const call of this.#calls) call.sweep(nowMs);
    for (const exchange of this.#exchanges) exchange.sweep(nowMs);
    this.#sweepSettings(nowMs);
    this.#sweepKeepalive(nowMs);
    this.#sweepAge(nowMs);
  }

  #listen(): void {
    (this.#session as OwnedSession)[connectionOf] = this;
    this.#socket.on("error", destroySocket);
    for (const [event, listener] of Http2Connection.#listeners) (this.#session as EventEmitter).on(event, listener);
  }

  // One listener of each kind for all sessions, which find their connection by a symbol: memory, again.
  static readonly #listeners: readonly (readonly [string, Listener])[] = [
    ["error", ownedBy((connection, error: Error) => connection.#onError(error))],
    ["stream", ownedBy((connection, ...args: StreamArguments) => connection.#takeStream(...args))],
    ["ping", ownedBy((connection) => connection.#onPing())],
    ["remoteSettings", ownedBy((connection) => connection.#onSettings())],
    ["goaway", ownedBy((connection) => connection.#onGoaway())],
    ["close", ownedBy((connection) => connection.#onClose())],
  ];

  #onError(error: Error): void {
    this.#closeReason ??= error.message;
  }

  #onClose(): void {
    this.#socket.destroy();
    this.#edge.forget(this.id);
  }

  #onGoaway(): void {
    if (this.#session.closed) return; // it answers ours, as node's own clients do, and may finish its streams
    // node drains now, and if more is wrong with this peer it hears no more of it, not even that it has left
    this.#drainingUntilMs ??= performance.now() + this.#edge.limits.closeMs;
  }

  #takeStream(...[stream, headers, , rawHeaders]: StreamArguments): void {
    stream.on("error", ignore); // 'close' follows; an 'error' without a listener would end the process
    try {
      this.#onStream(stream, headers, rawHeaders);
    } catch (error) {
      this.#edge.onFault(error); // a fault of ours costs this stream, and not the process
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
    if (stream.destroyed || stream.closed) {
      this.#countEarlyReset();
      return;
    }
    if (headerBytes(rawHeaders) > this.#edge.limits.maxHeaderBytes) {
      refuseHttp(stream, 431, "the header list is too large\n");
      return;
    }
    const head = readRequestHead(headers, Date.now());
    if (head.kind === "not-grpc" && this.#edge.handler.onRequest && !head.path.startsWith(GRPC_PATH)) {
      this.#exchange(stream, headers);
      return;
    }
    if (head.kind !== "call") {
      refuse(stream, head);
      return;
    }
    const call = new Http2Call(this.#edge, this, stream, head);
    this.#calls.add(call);
    if (this.#edge.admission.enter(call)) return;
    call.end(status("UNAVAILABLE", "too many new streams wait; try again later"));
  }

  #exchange(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const exchange = new HttpExchange(
      this.#edge,
      exchangePort(this, stream, headers, () => this.#socket.bytesWritten),
    );
    this.#exchanges.add(exchange);
    stream.on("close", () => {
      this.#exchanges.delete(exchange);
      if (!exchange.hasRequest) this.#countEarlyReset();
      exchange.close(stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.writableFinished);
    });
  }

  #countEarlyReset(): void {
    if (this.#session.destroyed || this.#session.closed) return;
    if (this.#resets.take(performance.now())) return;
    this.terminate(constants.NGHTTP2_ENHANCE_YOUR_CALM, "too_many_resets");
  }

  #onPing(): void {
    if (this.#pings.take(performance.now())) {
      this.terminate(constants.NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings");
    }
  }

  #onSettings(): void {
    if (this.#settings.take(performance.now())) return;
    this.terminate(constants.NGHTTP2_ENHANCE_YOUR_CALM, "too_many_settings");
  }

  #sweepDestroyed(nowMs: number): void {
    this.#destroyedMs ??= nowMs;
    if (nowMs - this.#destroyedMs >= this.#edge.limits.closeMs) this.#socket.destroy();
  }

  #sweepSettings(nowMs: number): void {
    if (!this.#session.pendingSettingsAck || nowMs - this.#openedMs <= this.#edge.limits.handshakeMs) return;
    this.terminate(constants.NGHTTP2_SETTINGS_TIMEOUT, "SETTINGS were not acknowledged");
  }

  #sweepKeepalive(nowMs: number): void {
    if (this.#session.closed) return; // draining: node sends no PINGs then, and the time is bounded by others
    const verdict = this.#keepalive.judge(this.#socket.bytesRead, nowMs);
    if (verdict === "ping") this.#session.ping(ignore);
    if (verdict !== "dead") return;
    const { keepaliveTimeoutMs } = this.#edge.limits;
    this.terminate(constants.NGHTTP2_NO_ERROR, `no answer to a keepalive PING within ${keepaliveTimeoutMs} ms`);
  }

  #sweepAge(nowMs: number): void {
    if (this.#drainingUntilMs === undefined) {
      if (nowMs - this.#openedMs <= this.#ageLimitMs) return;
      this.#drainingUntilMs = nowMs + this.#edge.limits.connectionAgeGraceMs;
      this.drain();
      return;
    }
    if (nowMs <= this.#drainingUntilMs) return;
    if (nowMs > this.#drainingUntilMs + this.#edge.limits.closeMs) {
      this.terminate(constants.NGHTTP2_NO_ERROR, "the connection was draining for too long");
      return;
    }
    for (const call of this.#calls) call.end(status("UNAVAILABLE", "the connection is being closed: connect again"));
  }
}

/** `1.2.3.4:5` or `[::1]:5`; an IPv4 client of a dual-stack socket is one of IPv4. */
/** `address:port` of a socket's peer, as logs and clients' statuses show it. */
export function peerOf({ remoteAddress = "unknown", remotePort = 0 }: Socket): string {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");
  return address.includes(":") ? `[${address}]:${remotePort}` : `${address}:${remotePort}`;
}

function ageLimit(maxAgeMs: number, jitter: number): number {
  if (maxAgeMs === 0) return Number.POSITIVE_INFINITY;
  return maxAgeMs * (1 + jitter * (2 * Math.random() - 1));
}

/** The size of a header list as HTTP/2 counts it. */
function headerBytes(rawHeaders: readonly string[]): number {
  let bytes = 16 * rawHeaders.length;
  for (const part of rawHeaders) bytes += part.length;
  return bytes;
}

/** Makes a listener that calls for the connection of whichever session it hears. */
function ownedBy<A extends unknown[]>(listen: (connection: Http2Connection, ...args: A) => void): Listener {
  return function (this: unknown, ...args: unknown[]): void {
    listen((this as OwnedSession)[connectionOf], ...(args as A));
  };
}

/** TLS does not by itself once its handshake is done. */
function destroySocket(this: Socket): void {
  this.destroy();
}

function ignore(): void {}
