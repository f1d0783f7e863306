import { constants, type ServerHttp2Stream } from "node:http2";
import { type Gunzipped, gunzip } from "../../grpc/gunzip.ts";
import { status, statusName, trailersOf } from "../../grpc/status.ts";
import { type Unframed, Unframer } from "../../grpc/unframe.ts";
import type { GrpcStatus, ServerStream, StreamHandler } from "../transport.ts";
import type { Http2Connection } from "./connection.ts";
import type { Edge } from "./edge.ts";
import type { RequestEncoding, RequestHead } from "./request.ts";
import { SendQueue } from "./send-queue.ts";

/** Sent with every answer. */
const responseHeaders = { ":status": 200, "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip" };
const respondOptions = { waitForTrailers: true, sendDate: false };
const trailersOnlyOptions = { endStream: true, sendDate: false };

const maxTimerMs = 2_147_483_647;

/**
 * Where a call is: `waiting` for admission, `open`, `ending` (its status is on its way behind what is queued), `closed`.
 */
type CallState = "waiting" | "open" | "ending" | "closed";

/** Under which a stream of node's holds its call. */
const callOf = Symbol("call");

type CallStream = ServerHttp2Stream & { [callOf]: Http2Call };

/** One gRPC call over a stream of `node:http2`. */
export class Http2Call implements ServerStream {
  readonly id: number;
  readonly connection: Http2Connection;
  readonly path: string;
  readonly userAgent: string;
  readonly deadlineMs: number | undefined;
  readonly #edge: Edge;
  readonly #stream: ServerHttp2Stream;
  readonly #encoding: RequestEncoding;
  readonly #unframer: Unframer;
  readonly #sendQueue: SendQueue;
  #state: CallState = "waiting";
  #handler: StreamHandler | undefined;
  #closeReason: string | undefined;
  #trailers: GrpcStatus | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #isInflating = false;
  #hasEnded = false;
  #hasMessage = false;
  #openedMs = 0;
  #partialBytes = 0;
  #partialSinceMs = 0;
  #seenWrites = 0;
  #stuckSinceMs = 0;

  constructor(
    edge: Edge,
    connection: Http2Connection,
    stream: ServerHttp2Stream,
    head: RequestHead & { kind: "call" },
  ) {
    this.id = ++edge.lastStreamId;
    this.connection = connection;
    this.path = head.path;
    this.userAgent = head.userAgent;
    this.deadlineMs = head.deadlineMs;
    this.#edge = edge;
    this.#stream = stream;
    this.#encoding = head.encoding;
    this.#unframer = new Unframer(connection.messageLimitBytes);
    this.#sendQueue = new SendQueue(stream, this);
    (stream as CallStream)[callOf] = this;
    stream.on("close", Http2Call.#onStreamClose);
    this.#startDeadline();
  }

  get queuedBytes(): number {
    return this.#sendQueue.queuedBytes;
  }

  /** For admission: nobody waits for a stream that has gone. */
  get isGone(): boolean {
    return this.#state !== "waiting";
  }

  /** Whether the client sent a whole message: a reset after that is no sign of a flood. */
  get hasMessage(): boolean {
    return this.#hasMessage;
  }

  /** Whether this side ended the call, or reset it. */
  get wasEndedHere(): boolean {
    return this.#closeReason !== undefined;
  }

  /** Whether the stream is closed beneath, which its 'close' event is about to say. */
  get #isLost(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /** Shows the call to the layer above and lets its messages in. */
  admit(): void {
    this.#state = "open";
    this.#openedMs = this.#edge.nowMs;
    const answer = this.#guarded(() => this.#edge.handler.onStream(this));
    if (answer === undefined) return;
    if ("code" in answer) {
      this.end(answer);
      return;
    }
    this.#handler = answer;
    this.#stream.on("data", Http2Call.#onStreamData);
    this.#stream.on("end", Http2Call.#onStreamEnd);
  }

  // One listener for all streams, which find their call by a symbol: closures of their own would be a kilobyte each.
  static #onStreamData(this: unknown, chunk: Buffer): void {
    (this as CallStream)[callOf].#onBytes(chunk);
  }

  static #onStreamEnd(this: unknown): void {
    (this as CallStream)[callOf].#onEnd();
  }

  static #onStreamClose(this: unknown): void {
    (this as CallStream)[callOf].#onClose();
  }

  send(frame: Uint8Array): void {
    if (this.#state !== "open" || this.#isLost) return;
    if (!this.connection.canQueue(frame.length)) {
      this.#overflow();
      return;
    }
    if (!this.#stream.headersSent) this.#stream.respond(responseHeaders, respondOptions);
    this.#edge.queuedBytes += frame.length;
    this.connection.queuedBytes += frame.length;
    this.connection.forgivePings();
    this.#sendQueue.push(frame);
  }

  end(answer: GrpcStatus): void {
    if (this.#state !== "open" && this.#state !== "waiting") return;
    this.#state = "ending";
    this.#trailers = answer;
    this.#closeReason ??= `ended with ${statusName(answer.code)}`;
    if (this.#isLost) return;
    if (!this.#stream.headersSent) {
      this.#endWithoutMessage(answer);
      return;
    }
    if (this.queuedBytes === 0) this.#finish();
  }

  /** Resets the stream; what is queued is dropped. */
  reset(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "ending";
    this.#closeReason ??= reason;
    this.#stream.close(code);
  }

  /** Looks at the limits in time: the first request, a message's end, the reader's progress. */
  sweep(nowMs: number): void {
    const { firstRequestMs, messageMs, evictAfterMs } = this.#edge.limits;
    if (this.#state === "open" && !this.#hasMessage && nowMs - this.#openedMs > firstRequestMs) {
      this.end(status("DEADLINE_EXCEEDED", `no request came within ${firstRequestMs} ms`));
      return;
    }
    if (this.#partialBytes > 0 && nowMs - this.#partialSinceMs > messageMs) {
      this.end(status("DEADLINE_EXCEEDED", `a message was not whole ${messageMs} ms after its first byte`));
      return;
    }
    if (this.#isStuckFor(nowMs) <= evictAfterMs) return;
    this.reset(constants.NGHTTP2_ENHANCE_YOUR_CALM, `evicted: ${this.queuedBytes} bytes unread for ${evictAfterMs} ms`);
  }

  #isStuckFor(nowMs: number): number {
    const { queuedBytes, completedWrites } = this.#sendQueue;
    if (queuedBytes === 0 || completedWrites !== this.#seenWrites || this.#stuckSinceMs === 0) {
      this.#seenWrites = completedWrites;
      this.#stuckSinceMs = queuedBytes === 0 ? 0 : nowMs;
      return 0;
    }
    return nowMs - this.#stuckSinceMs;
  }

  #startDeadline(): void {
    if (this.deadlineMs === undefined) return;
    const leftMs = Math.max(1, this.deadlineMs - Date.now());
    if (leftMs > maxTimerMs) return;
    this.#deadlineTimer = setTimeout(() => this.end(status("DEADLINE_EXCEEDED", "the deadline has passed")), leftMs);
  }

  #overflow(): void {
    const reason = `evicted: more than ${this.connection.queueLimitBytes} bytes queued on the connection`;
    this.reset(constants.NGHTTP2_ENHANCE_YOUR_CALM, reason);
  }

  /** The kernel took so many bytes. */
  onWritten(bytes: number): void {
    this.#edge.queuedBytes -= bytes;
    this.connection.queuedBytes -= bytes;
    if (this.queuedBytes > 0) return;
    if (this.#state === "ending") this.#finish();
    else if (this.#state === "open") this.#guarded(() => this.#handler?.onDrain());
  }

  #endWithoutMessage(answer: GrpcStatus): void {
    this.connection.forgivePings();
    this.#stream.respond({ ...responseHeaders, ...trailersOf(answer) }, trailersOnlyOptions);
    this.#stream.close(constants.NGHTTP2_NO_ERROR); // the client may still be sending: nobody reads it
  }

  #finish(): void {
    this.#stream.once("wantTrailers", () => {
      this.connection.forgivePings();
      this.#stream.sendTrailers(trailersOf(this.#trailers as GrpcStatus));
      setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR)); // after the trailers, which node sends then too
    });
    this.#stream.end();
  }

  #onBytes(chunk: Buffer): void {
    if (this.#state !== "open") return;
    this.#unframer.push(chunk);
    this.#readMessages();
  }

  #readMessages(): void {
    this.#unframer.limitBytes = this.connection.messageLimitBytes;
    while (this.#state === "open" && !this.#isInflating) {
      const unframed = this.#unframer.read();
      if (unframed === undefined) break;
      if (unframed.kind === "fault") this.end(unframed.status);
      else if (unframed.isCompressed) this.#inflate(unframed);
      else this.#deliver(unframed.bytes);
    }
    this.#countPartial();
  }

  #inflate(message: Unframed & { kind: "message" }): void {
    if (this.#encoding !== "gzip") {
      this.end(status("INTERNAL", "a message is marked as compressed, and the request names no grpc-encoding"));
      return;
    }
    const gunzipped = gunzip(message.bytes, this.connection.messageLimitBytes);
    if (!(gunzipped instanceof Promise)) {
      this.#onGunzipped(gunzipped);
      return;
    }
    this.#isInflating = true;
    this.#stream.pause(); // messages keep their order
    gunzipped.then((later) => {
      this.#isInflating = false;
      if (this.#state !== "open") return;
      this.#onGunzipped(later);
      this.#readMessages();
      if (this.#isInflating) return;
      this.#stream.resume();
      if (this.#hasEnded) this.#onEnd();
    });
  }

  #onGunzipped(gunzipped: Gunzipped): void {
    if (gunzipped.kind === "fault") this.end(gunzipped.status);
    else this.#deliver(gunzipped.bytes);
  }

  #deliver(message: Uint8Array): void {
    this.#hasMessage = true;
    this.#guarded(() => this.#handler?.onMessage(message));
  }

  #countPartial(): void {
    const partialBytes = this.#state === "open" ? this.#unframer.partialBytes : 0;
    if (partialBytes === 0 && this.#partialBytes === 0) return;
    if (this.#partialBytes === 0 || partialBytes < this.#partialBytes) this.#partialSinceMs = this.#edge.nowMs;
    const more = partialBytes - this.#partialBytes;
    this.#partialBytes = partialBytes;
    this.#edge.partialBytes += more;
    this.connection.partialBytes += more;
    if (this.connection.partialBytes <= 2 * this.connection.messageLimitBytes && !this.#isEdgeFull()) return;
    this.end(status("RESOURCE_EXHAUSTED", "too many bytes of unfinished messages are held; try again later"));
    this.#countPartial();
  }

  #isEdgeFull(): boolean {
    return this.#edge.partialBytes > this.#edge.limits.maxPartialBytes;
  }

  #onEnd(): void {
    this.#hasEnded = true;
    if (this.#state !== "open" || this.#isInflating || this.#stream.aborted) return; // a reset ends the readable side too
    if (this.#unframer.partialBytes > 0) {
      this.end(status("INTERNAL", "the request ended within a message"));
      return;
    }
    this.#guarded(() => this.#handler?.onEnd());
  }

  #onClose(): void {
    const reason = this.#closeReason ?? this.connection.closeReasonOf(this.#stream.rstCode);
    this.#state = "closed";
    clearTimeout(this.#deadlineTimer);
    this.#countPartial();
    this.#edge.queuedBytes -= this.queuedBytes;
    this.connection.queuedBytes -= this.queuedBytes;
    this.#sendQueue.queuedBytes = 0;
    this.connection.forgetStream(this);
    const handler = this.#handler;
    this.#handler = undefined;
    this.#guarded(() => handler?.onClose(reason));
  }

  /** Runs the layer above: what it throws costs its own stream, and nothing else. */
  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#edge.onFault(error);
      this.end(status("INTERNAL", "the server failed on this request"));
      return undefined;
    }
  }
}
