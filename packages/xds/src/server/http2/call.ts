import {
  ErrorCode,
  type ErrorCodeValue,
  type ServerStream as Http2Stream,
  type RequestEnd,
  type SharedMessage,
} from "@fairlead/h2";
import { status, statusName } from "../../grpc/status.ts";
import { type Guard, guarded } from "../guarded.ts";
import { nextStreamId } from "../stream-id.ts";
import type { GrpcStatus, ServerStream, StreamHandler } from "../transport.ts";
import type { Http2Connection, Http2Request } from "./connection.ts";
import type { Edge } from "./edge.ts";
import { MessageReader, type MessageSink } from "./message-reader.ts";
import { outbox, type Sender } from "./outbox.ts";
import type { RequestHead } from "./request.ts";
import { responseBlock, statusBlock, trailersBlock } from "./response-headers.ts";

const maxTimerMs = 2_147_483_647;

/**
 * Where a call is: `waiting` for admission, `open`, `ending` (its status is on its way behind what is queued), `closed`.
 */
type CallState = "waiting" | "open" | "ending" | "closed";

/** One gRPC call over a stream of HTTP/2. */
export class Http2Call implements ServerStream, Http2Request, MessageSink, Sender, Guard {
  readonly id: number;
  readonly connection: Http2Connection;
  readonly path: string;
  readonly userAgent: string;
  readonly deadlineMs: number | undefined;
  handedBytes = 0;
  unsentBytes = 0;
  readonly #edge: Edge;
  readonly #stream: Http2Stream;
  readonly #reader: MessageReader;
  #state: CallState = "waiting";
  #handler: StreamHandler | undefined = undefined;
  #closeReason: string | undefined = undefined;
  #deadlineTimer: NodeJS.Timeout | undefined = undefined;
  /** Whether the client sent a whole message. */
  #hasMessage = false;
  #hasResponded = false;
  #openedMs = 0;
  /** How far what is sent had got at the last sweep that saw it move, and when that was; 0: nothing was queued. */
  #seenProgress = 0;
  #stuckSinceMs = 0;

  constructor(edge: Edge, connection: Http2Connection, stream: Http2Stream, head: RequestHead & { kind: "call" }) {
    this.id = nextStreamId();
    this.connection = connection;
    this.path = head.path;
    this.userAgent = head.userAgent;
    this.deadlineMs = head.deadlineMs;
    this.#edge = edge;
    this.#stream = stream;
    this.#reader = new MessageReader(edge, connection, head.encoding, this);
    this.#startDeadline();
  }

  get queuedBytes(): number {
    return this.unsentBytes + (this.#stream.queue?.bytes ?? 0);
  }

  /** Whether it takes messages, now or when it is admitted. */
  get isOpen(): boolean {
    return this.#state === "open" || this.#state === "waiting";
  }

  /** For admission: nobody waits for a stream that has gone. */
  get isGone(): boolean {
    return this.#state !== "waiting";
  }

  /** Shows the call to the layer above and lets its messages in. */
  admit(): void {
    this.#state = "open";
    this.#openedMs = this.#edge.nowMs;
    const answer = guarded(this, () => this.#edge.handler.onStream(this));
    if (answer === undefined) return;
    if ("code" in answer) {
      this.end(answer);
      return;
    }
    this.#handler = answer;
    this.#reader.start();
  }

  send(message: SharedMessage | Uint8Array): void {
    if (this.#state !== "open") return;
    if (!this.connection.canQueue(message.length)) {
      this.#overflow();
      return;
    }
    const { http2 } = this.connection;
    if (!this.#hasResponded) this.#respond(responseBlock, false);
    this.connection.forgivePings();
    if (http2.send(this.#stream, message) !== "sent") this.connection.count();
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
    this.#closeReason ??= `ended with ${statusName(answer.code)}`;
    this.connection.forgivePings();
    if (this.#hasResponded) this.connection.http2.sendTrailers(this.#stream, trailersBlock(answer));
    else this.#respond(statusBlock(answer), true);
  }

  /** Resets the stream; what is queued is dropped. */
  reset(code: ErrorCodeValue, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "ending";
    this.#closeReason ??= reason;
    this.connection.http2.reset(this.#stream, code);
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
    this.reset(ErrorCode.ENHANCE_YOUR_CALM, `evicted: ${this.queuedBytes} bytes unread for ${evictAfterMs} ms`);
  }

  #isStuckFor(nowMs: number): number {
    const isQueued = this.queuedBytes > 0;
    const progress = this.handedBytes + (this.unsentBytes > 0 ? this.connection.lateWrites : 0);
    if (!isQueued || progress !== this.#seenProgress || this.#stuckSinceMs === 0) {
      this.#seenProgress = progress;
      this.#stuckSinceMs = isQueued ? nowMs : 0;
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
    this.reset(ErrorCode.ENHANCE_YOUR_CALM, reason);
  }

  #respond(block: Uint8Array, isEndStream: boolean): void {
    this.#hasResponded = true;
    this.connection.http2.respond(this.#stream, block, isEndStream);
  }

  onData(_stream: Http2Stream, chunk: Uint8Array, start: number, end: number): void {
    this.#reader.push(chunk, start, end);
  }

  onEnd(): void {
    this.#reader.end();
  }

  /** What waited for the client's windows is with the link. */
  onSent(): void {
    outbox.flush(); // so that it is known whether the kernel has it too
    this.#tellDrained();
  }

  onTaken(isTaken: boolean): void {
    if (isTaken) this.#tellDrained();
  }

  onClosed(_stream: Http2Stream, end: RequestEnd): void {
    const reason = this.#closeReason ?? this.connection.closeReasonOf(end);
    const isEarlyReset = end.kind === "reset" && !this.#hasMessage && this.#closeReason === undefined;
    this.#state = "closed";
    clearTimeout(this.#deadlineTimer);
    this.#reader.release();
    this.connection.forget(isEarlyReset);
    process.nextTick(Http2Call.#tellClosed, this, reason); // this may be within a call of the layer above
  }

  static #tellClosed(call: Http2Call, reason: string): void {
    const handler = call.#handler;
    call.#handler = undefined;
    guarded(call, () => handler?.onClose(reason));
  }

  onMessage(message: Uint8Array): void {
    this.#hasMessage = true;
    guarded(this, () => this.#handler?.onMessage(message));
  }

  onMessagesEnd(): void {
    guarded(this, () => this.#handler?.onEnd());
  }

  onHeld(isHeld: boolean): void {
    if (isHeld) this.connection.http2.pause(this.#stream);
    else this.connection.http2.resume(this.#stream);
  }

  onMessageFault(fault: GrpcStatus): void {
    this.end(fault);
  }

  #tellDrained(): void {
    if (this.#state !== "open" || this.queuedBytes > 0) return;
    guarded(this, () => this.#handler?.onDrain());
  }

  onFault(error: unknown): void {
    this.#edge.onFault(error);
    this.end(status("INTERNAL", "the server failed on this request"));
  }
}
