import type { Socket } from "node:net";
import {
  type ByteWriter,
  ErrorCode,
  type ErrorCodeValue,
  type H2Error,
  type HeaderList,
  type ServerStream as Http2Stream,
  type RequestEnd,
  type RequestHandler,
  ServerConnection,
  type ServerConnectionHandler,
} from "@fairlead/h2";
import { status } from "../../grpc/status.ts";
import type { Connection, GrpcStatus } from "../transport.ts";
import { Http2Call } from "./call.ts";
import type { Edge } from "./edge.ts";
import { Link, type LinkOwner } from "./link.ts";
import { outbox, type Sender } from "./outbox.ts";
import { PingStrikes } from "./ping-strikes.ts";
import { refuse, refuseHttp } from "./refuse.ts";
import { readRequestHead } from "./request.ts";
import { RestRequest } from "./rest-request.ts";
import type { Taker } from "./sockets.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What opened a connection. */
export interface Opened {
  readonly id: number;
  readonly socket: Socket;
  readonly isTls: boolean;
  readonly sans: readonly string[];
}

/** A request of a connection: a call, or one of REST. */
export interface Http2Request extends RequestHandler, Sender {
  /** Looks at its limits in time. */
  sweep(nowMs: number): void;
  /** Ends it, if it is one that has no end of its own. */
  end(answer: GrpcStatus): void;
}

/**
 * Bytes that a connection may leave unread beyond its queue's limit: answers that no window holds back (to PINGs, SETTINGS, HEADERS).
 * Nobody else leaves as much.
 */
const mostUnreadBytes = 1_048_576;

/** Sends what nobody waits for. */
const nobody: Sender = { handedBytes: 0, unsentBytes: 0, onTaken() {} };

/** Paths of xDS by gRPC: who asks there, and not as gRPC does, is told how. */
const GRPC_PATH = "/envoy.service.";

/**
 * Where a connection is: `open`; `draining`: it was told to go, and its streams may end; `closing`: nothing more is read, and what
 * was written goes out; `gone`.
 */
type ConnectionState = "open" | "draining" | "closing" | "gone";

/** One HTTP/2 connection, with its streams and the limits that hold per connection. Idle, it has no timers and no buffers. */
export class Http2Connection implements Connection, ServerConnectionHandler, LinkOwner, Taker {
  readonly id: number;
  readonly peer: string;
  readonly sans: readonly string[];
  /** Bytes of request messages not yet whole. */
  partialBytes = 0;
  /** Most of {@link queuedBytes}. */
  queueLimitBytes: number;
  /** Most of one request message. */
  messageLimitBytes: number;
  readonly http2: ServerConnection;
  readonly #edge: Edge;
  readonly #link: Link;
  readonly #openedMs: number;
  readonly #ageLimitMs: number;
  #state: ConnectionState = "open";
  #closeReason: string | undefined = undefined;
  /** When it began to drain or to close. */
  #leavingMs = 0;
  /** How long it may drain. */
  #graceMs = Number.POSITIVE_INFINITY;
  /** When it was last heard, and when it was asked whether it is there; 0: not since. */
  #heardMs: number;
  #pingSentMs = 0;
  /** What of {@link queuedBytes} is counted by the edge. */
  #countedBytes = 0;
  #minorFaults = 0;
  #resets: TokenBucket | undefined = undefined;
  #settings: TokenBucket | undefined = undefined;
  #pings: PingStrikes | undefined = undefined;

  constructor(edge: Edge, { id, socket, isTls, sans }: Opened) {
    const { limits, nowMs } = edge;
    this.id = id;
    this.peer = peerOf(socket);
    this.sans = sans;
    this.queueLimitBytes = limits.maxQueuedBytesPerConnection;
    this.messageLimitBytes = limits.maxMessageBytes;
    this.#edge = edge;
    this.#link = new Link(socket, isTls, this);
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
    this.#ageLimitMs = ageLimit(limits.maxConnectionAgeMs, limits.connectionAgeJitter);
    this.http2 = new ServerConnection(edge.http2, this);
  }

  /** Begins to speak. @param seen what came of the client already */
  start(seen: Buffer): void {
    outbox.beginTurn();
    this.http2.start();
    this.onBytes(seen, seen.length);
  }

  /** Bytes queued on all streams of this connection. */
  get queuedBytes(): number {
    return this.http2.queuedBytes + this.#link.unsentBytes;
  }

  /** Grows as the kernel takes what it did not take at once. */
  get lateWrites(): number {
    return this.#link.lateWrites;
  }

  allow(bytes: { readonly queuedBytes?: number; readonly messageBytes?: number }): void {
    const messageBytes = Math.min(bytes.messageBytes ?? 0, this.#edge.limits.maxAllowedMessageBytes);
    this.messageLimitBytes = Math.max(this.messageLimitBytes, messageBytes);
    this.queueLimitBytes = Math.max(this.queueLimitBytes, bytes.queuedBytes ?? 0);
  }

  /** Whether so many more bytes may be queued: always, on a connection that has none queued. */
  canQueue(bytes: number): boolean {
    const { queuedBytes } = this;
    return queuedBytes === 0 || queuedBytes + bytes <= this.queueLimitBytes;
  }

  /** Has the edge count what is queued: it may have changed. */
  count(): void {
    const { queuedBytes } = this;
    this.#edge.queuedBytes += queuedBytes - this.#countedBytes;
    this.#countedBytes = queuedBytes;
  }

  /** Tells a sender whose last bytes are written when the kernel has taken them. */
  tellTaken(sender: Sender): void {
    outbox.flush();
    if (this.#link.isBusy) this.#link.charge(sender, 1);
    else sender.onTaken(this.#state !== "gone");
  }

  /** DATA or HEADERS are sent: the peer may PING anew (clients measure bandwidth so). */
  forgivePings(): void {
    this.#pings?.forgive();
  }

  /** Why a stream closed that nobody here closed. */
  closeReasonOf(end: RequestEnd): string {
    if (this.#closeReason !== undefined) return this.#closeReason;
    if (end.kind === "fault") return `reset: ${end.error.message}`;
    if (end.kind !== "reset") return end.kind === "lost" ? "the connection is gone" : "closed by the client";
    return end.code === ErrorCode.NO_ERROR ? "closed by the client" : `reset by the client (code ${end.code})`;
  }

  /** A request is over. @param isEarlyReset whether its client reset it before it was of use */
  forget(isEarlyReset: boolean): void {
    if (this.#countedBytes > 0) this.count(); // what waited on it is dropped
    if (isEarlyReset) this.#countEarlyReset();
    if (this.#state === "draining" && this.http2.streamCount === 0) this.#close();
  }

  /** Sends GOAWAY: no new streams, those open may end. */
  drain(): void {
    if (this.#state === "open") this.#startDraining(Number.POSITIVE_INFINITY);
  }

  /** Sends GOAWAY and ends every call with that status; the connection closes behind them. */
  shutDown(answer: GrpcStatus): void {
    this.drain();
    this.#endAll(answer);
  }

  /** Ends the connection now: GOAWAY with the code, and the socket after `closeMs` at the latest. */
  terminate(code: ErrorCodeValue, reason: string): void {
    if (this.#state === "closing" || this.#state === "gone") return;
    this.http2.goaway(code, reason);
    this.#fail(reason);
  }

  /** Ends it without a word: what is not sent is lost. */
  destroy(): void {
    this.#link.destroy();
  }

  /** Looks at the limits in time, of the connection and of its streams. */
  sweep(nowMs: number): void {
    if (this.#state === "gone") return;
    if (this.#state === "closing") {
      this.#sweepClosing(nowMs);
      return;
    }
    this.#sweepStuck(nowMs);
    this.http2.eachStream(sweepRequest, nowMs);
    if (this.#state === "open") {
      this.#sweepSettings(nowMs);
      this.#sweepKeepalive(nowMs);
      this.#sweepAge(nowMs);
    } else this.#sweepDraining(nowMs);
  }

  onBytes(chunk: Buffer, length: number): void {
    this.#heardMs = this.#edge.nowMs;
    this.#pingSentMs = 0;
    outbox.beginTurn();
    try {
      this.http2.receive(chunk, 0, length);
    } catch (error) {
      this.#edge.onFault(error); // a fault of ours costs this connection, and not the process
      this.terminate(ErrorCode.INTERNAL_ERROR, "the server failed on this connection");
    } finally {
      outbox.endTurn();
    }
    if (this.#countedBytes > 0) this.count();
  }

  onSocketClosed(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#link.drop();
    this.http2.lose();
    this.count();
    this.#edge.forget(this);
  }

  output(): ByteWriter {
    if (this.#link.isBusy && this.#link.unsentBytes > this.queueLimitBytes + mostUnreadBytes) this.#link.destroy();
    return outbox.output(this.#link);
  }

  writeShared(frames: Uint8Array, stream: Http2Stream): void {
    outbox.share(this.#link, frames, (stream.handler as Http2Request | undefined) ?? nobody);
  }

  onBusy(): void {
    this.http2.hold();
    this.count();
  }

  onFree(): void {
    this.http2.release();
    this.count();
  }

  onRequest(stream: Http2Stream, headers: HeaderList, isEndStream: boolean): RequestHandler | undefined {
    try {
      return this.#takeRequest(stream, headers, isEndStream);
    } catch (error) {
      this.#edge.onFault(error); // a fault of ours costs this stream, and not the process
      this.http2.reset(stream, ErrorCode.INTERNAL_ERROR);
      return undefined;
    }
  }

  onHeadersTooLarge(stream: Http2Stream): void {
    refuseHttp(this.http2, stream, 431, "");
  }

  onPing(): void {
    this.#pings ??= new PingStrikes(this.#edge.limits);
    if (this.#pings.take(performance.now())) this.terminate(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings");
  }

  onSettings(): void {
    const { settingsBurst, settingsPerSecond } = this.#edge.limits;
    const nowMs = performance.now();
    this.#settings ??= new TokenBucket(settingsBurst, settingsPerSecond, nowMs);
    if (!this.#settings.take(nowMs)) this.terminate(ErrorCode.ENHANCE_YOUR_CALM, "too_many_settings");
  }

  onGoaway(): void {
    if (this.#state !== "open") return; // it answers ours, and may finish its streams
    this.#startDraining(this.#edge.limits.closeMs);
  }

  onMinorFault(error: H2Error): void {
    this.#minorFaults += 1;
    if (this.#minorFaults <= this.#edge.limits.maxInvalidFrames) return;
    this.terminate(ErrorCode.ENHANCE_YOUR_CALM, `too_many_faults: ${error.message}`);
  }

  onFault(error: H2Error): void {
    this.#fail(error.message);
  }

  #takeRequest(stream: Http2Stream, headers: HeaderList, isEndStream: boolean): RequestHandler | undefined {
    const edge = this.#edge;
    const head = readRequestHead(headers, Date.now());
    if (head.kind === "not-grpc" && edge.handler.onRequest && !head.path.startsWith(GRPC_PATH)) {
      const request = new RestRequest(edge, this, stream, headers);
      if (isEndStream) request.onEnd();
      return request;
    }
    if (head.kind !== "call") {
      refuse(this.http2, stream, head);
      return undefined;
    }
    const call = new Http2Call(edge, this, stream, head);
    stream.handler = call; // it may be answered before this returns
    if (!edge.admission.enter(call)) call.end(status("UNAVAILABLE", "too many new streams wait; try again later"));
    if (isEndStream) call.onEnd();
    return stream.isClosed ? undefined : call;
  }

  #countEarlyReset(): void {
    if (this.#state !== "open") return;
    const { resetBurst, resetsPerSecond } = this.#edge.limits;
    const nowMs = performance.now();
    this.#resets ??= new TokenBucket(resetBurst, resetsPerSecond, nowMs);
    if (!this.#resets.take(nowMs)) this.terminate(ErrorCode.ENHANCE_YOUR_CALM, "too_many_resets");
  }

  #startDraining(graceMs: number): void {
    this.#state = "draining";
    this.#leavingMs = performance.now();
    this.#graceMs = graceMs;
    this.http2.sayGoaway(ErrorCode.NO_ERROR, "");
    if (this.http2.streamCount === 0) this.#close();
  }

  /** Nothing more is read; what was written goes out. */
  #fail(reason: string): void {
    this.#closeReason = reason;
    this.#close();
    this.http2.lose();
    this.count();
  }

  #close(): void {
    this.#state = "closing";
    this.#leavingMs = performance.now();
    this.#edge.leave(this);
    outbox.flush();
    this.#link.end();
  }

  /** What was written before the end of its last stream goes out as long as the peer reads it; who broke a rule gets no more time. */
  #sweepClosing(nowMs: number): void {
    const { closeMs } = this.#edge.limits;
    const sinceMs = this.#closeReason === undefined ? this.#link.stuckSinceMs(nowMs) : 0;
    if (nowMs - Math.max(this.#leavingMs, sinceMs) >= closeMs) this.#link.destroy();
  }

  /** A peer that reads nothing at all: its streams are evicted, and then it is. */
  #sweepStuck(nowMs: number): void {
    const { evictAfterMs, closeMs } = this.#edge.limits;
    if (!this.#link.isBusy || nowMs - this.#link.stuckSinceMs(nowMs) <= evictAfterMs + closeMs) return;
    this.terminate(ErrorCode.ENHANCE_YOUR_CALM, `evicted: ${this.queuedBytes} bytes unread for ${evictAfterMs} ms`);
  }

  #sweepSettings(nowMs: number): void {
    if (this.http2.isSettingsAcked || nowMs - this.#openedMs <= this.#edge.limits.handshakeMs) return;
    this.terminate(ErrorCode.SETTINGS_TIMEOUT, "SETTINGS were not acknowledged");
  }

  #sweepKeepalive(nowMs: number): void {
    const { keepaliveIdleMs, keepaliveTimeoutMs } = this.#edge.limits;
    if (this.#pingSentMs > 0) {
      if (nowMs - this.#pingSentMs <= keepaliveTimeoutMs) return;
      this.terminate(ErrorCode.NO_ERROR, `no answer to a keepalive PING within ${keepaliveTimeoutMs} ms`);
    } else if (keepaliveIdleMs > 0 && nowMs - this.#heardMs >= keepaliveIdleMs) {
      this.#pingSentMs = nowMs;
      this.http2.ping();
    }
  }

  #sweepAge(nowMs: number): void {
    if (nowMs - this.#openedMs > this.#ageLimitMs) this.#startDraining(this.#edge.limits.connectionAgeGraceMs);
  }

  #sweepDraining(nowMs: number): void {
    const overdueMs = nowMs - this.#leavingMs - this.#graceMs;
    if (overdueMs > this.#edge.limits.closeMs) {
      this.terminate(ErrorCode.NO_ERROR, "the connection was draining for too long");
    } else if (overdueMs > 0) {
      this.#endAll(status("UNAVAILABLE", "the connection is being closed: connect again"));
    }
  }

  #endAll(answer: GrpcStatus): void {
    this.http2.eachStream(endRequest, answer);
  }
}

/** `address:port` of a socket's peer, as logs and clients' statuses show it; an IPv4 client of a dual-stack socket is one of IPv4. */
export function peerOf({ remoteAddress = "unknown", remotePort = 0 }: Socket): string {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");
  return address.includes(":") ? `[${address}]:${remotePort}` : `${address}:${remotePort}`;
}

function sweepRequest({ handler }: Http2Stream, nowMs: number): void {
  (handler as Http2Request | undefined)?.sweep(nowMs);
}

function endRequest({ handler }: Http2Stream, answer: GrpcStatus): void {
  (handler as Http2Request | undefined)?.end(answer);
}

function ageLimit(maxAgeMs: number, jitter: number): number {
  if (maxAgeMs === 0) return Number.POSITIVE_INFINITY;
  return maxAgeMs * (1 + jitter * (2 * Math.random() - 1));
}
