import { constants, type ServerHttp2Stream } from "node:http2";
import { status, statusName, trailersOf } from "../../grpc/status.ts";
import { nextStreamId } from "../stream-id.ts";
import type { GrpcStatus, ServerStream, StreamHandler } from "../transport.ts";
import type { Http2Connection } from "./connection.ts";
import type { Edge } from "./edge.ts";
import { MessageReader, type MessageSink } from "./message-reader.ts";
import type { RequestHead } from "./request.ts";
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
export class Http2Call implements ServerStream, MessageSink {
  readonly id: number;
  readonly connection: Http2Connection;
  readonly path: string;
  readonly userAgent: string;
  readonly deadlineMs: number | undefined;
  readonly #edge: Edge;
  readonly #stream: ServerHttp2Stream;
  readonly #reader: MessageReader;
  readonly #sendQueue: SendQueue;
  #state: CallState = "waiting";
  #handler: StreamHandler | undefined;
  #closeReason: string | undefined;
  #trailers: GrpcStatus | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #hasMessage = false;
  #openedMs = 0;
  #seenWrites = 0;
  #stuckSinceMs = 0;

  constructor(
    edge: Edge,
    connection: Http2Connection,
    stream: ServerHttp2Stream,
    head: RequestHead & { kind: "call" },
  ) {
    this.id = nextStreamId();
    this.connection = connection;
    this.path = head.path;
    this.userAgent = head.userAgent;
    this.deadlineMs = head.deadlineMs;
    this.#edge = edge;
    this.#stream = stream;
    this.#reader = new MessageReader(edge, connection, stream, head.encoding, this);
    this.#sendQueue = new SendQueue(stream, this);
    (stream as CallStream)[callOf] = this;
    stream.on("close", Http2Call.#onStreamClose);
    this.#startDeadline();
  }

  get queuedBytes(): number {
    return this.#sendQueue.queuedBytes;
  }

  get isOpen(): boolean {
    return this.#state === "open";
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
  static readonly #onStreamData = forCall((call, chunk: Buffer) => call.#reader.push(chunk));
  static readonly #onStreamEnd = forCall((call) => call.#reader.end());
  static readonly #onStreamClose = forCall((call) => call.#onClose());

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

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
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
    const { firstRequestMs, evictAfterMs, messageMs } = this.#edge.limits;
    if (this.#state === "open" && !this.#hasMessage && nowMs - this.#openedMs > firstRequestMs) {
      this.end(status("DEADLINE_EXCEEDED", `no request came within ${firstRequestMs} ms`));
      return;
    }
    if (this.#reader.isLate(nowMs)) {
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
    this.#countWritten(bytes);
    if (this.queuedBytes > 0) return;
    if (this.#state === "ending") this.#finish();
    else if (this.#state === "open") this.#guarded(() => this.#handler?.onDrain());
  }

  #countWritten(bytes: number): void {
    this.#edge.queuedBytes -= bytes;
    this.connection.queuedBytes -= bytes;
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

  onMessage(message: Uint8Array): void {
    this.#hasMessage = true;
    this.#guarded(() => this.#handler?.onMessage(message));
  }

  onEnd(): void {
    if (this.#stream.aborted) return; // a reset ends the readable side too
    this.#guarded(() => this.#handler?.onEnd());
  }

  onFault(fault: GrpcStatus): void {
    this.end(fault);
  }

  #onClose(): void {
    const reason = this.#closeReason ?? this.connection.closeReasonOf(this.#stream.rstCode);
    this.#state = "closed";
    clearTimeout(this.#deadlineTimer);
    this.#reader.release();
    this.#countWritten(this.#sendQueue.drop());
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

function forCall<T>(listen: (call: Http2Call, value: T) => void): (this: unknown, value: T) => void {
  return function (this: unknown, value: T): void {
    listen((this as CallStream)[callOf], value);
  };
}
