import { ByteWriter } from "@fairlead/h2";
import { type Gunzipped, gunzip } from "../../grpc/gunzip.ts";
import { status } from "../../grpc/status.ts";
import { Unframer } from "../../grpc/unframe.ts";
import type { GrpcStatus } from "../transport.ts";
import type { Http2Connection } from "./connection.ts";
import type { Edge } from "./edge.ts";
import type { RequestEncoding } from "./request.ts";

/** Who takes the messages of a {@link MessageReader}. */
export interface MessageSink {
  /** Whether it still takes any. */
  readonly isOpen: boolean;
  onMessage(message: Uint8Array): void;
  /** The client half-closed, behind its last message. */
  onMessagesEnd(): void;
  /** The request breaks the rules; nothing more is read. */
  onMessageFault(fault: GrpcStatus): void;
  /** Whether what comes is held: the client is to stop when its window is used up. */
  onHeld(isHeld: boolean): void;
}

/** What is held takes place in steps from this size on, bytes. */
const firstHeldBytes = 1_024;

/**
 * Reads the messages of one call: cuts them, inflates them in order, and counts what is not yet whole. Until
 * {@link start} it holds what comes; between messages it holds nothing.
 */
export class MessageReader {
  readonly #edge: Edge;
  readonly #connection: Http2Connection;
  readonly #encoding: RequestEncoding;
  readonly #sink: MessageSink;
  readonly #unframer: Unframer;
  #isStarted = false;
  #isInflating = false;
  #isPaused = false;
  #hasEnded = false;
  /** What came while it was held: bounded by the stream's window. */
  #held: ByteWriter | undefined = undefined;
  #partialBytes = 0;
  #partialSinceMs = 0;

  constructor(edge: Edge, connection: Http2Connection, encoding: RequestEncoding, sink: MessageSink) {
    this.#edge = edge;
    this.#connection = connection;
    this.#encoding = encoding;
    this.#sink = sink;
    this.#unframer = new Unframer(connection.messageLimitBytes, { isBorrowed: true });
  }

  /** Takes bytes of the request, which are valid during the call only. */
  push(chunk: Uint8Array, start: number, end: number): void {
    if (!this.#sink.isOpen) return;
    const bytes = chunk.subarray(start, end);
    if (this.#isHeld) {
      this.#hold(bytes);
      this.#count();
    } else {
      this.#unframer.push(bytes);
      this.#read();
    }
  }

  /** Lets messages through from now on, one perhaps at once. */
  start(): void {
    this.#isStarted = true;
    this.#readHeld();
  }

  /** Delivers nothing more until {@link resume}; what the client may send meanwhile is bounded by its window. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#sink.onHeld(true);
  }

  /** Delivers what waits, and reads on. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#partialSinceMs = this.#edge.nowMs; // the client could not have sent the rest
    this.#readHeld();
  }

  /** The request has no more bytes. */
  end(): void {
    this.#hasEnded = true;
    if (!this.#sink.isOpen || this.#isHeld) return;
    this.#hasEnded = false; // told once
    if (this.#unframer.partialBytes === 0) this.#sink.onMessagesEnd();
    else this.#sink.onMessageFault(status("INTERNAL", "the request ended within a message"));
  }

  /** Whether a message was begun `messageMs` ago and is not whole. */
  isLate(nowMs: number): boolean {
    return this.#partialBytes > 0 && !this.#isHeld && nowMs - this.#partialSinceMs > this.#edge.limits.messageMs;
  }

  /** Forgets what it holds: the call is over. */
  release(): void {
    this.#held = undefined;
    this.#setPartialBytes(0);
  }

  get #isHeld(): boolean {
    return !this.#isStarted || this.#isInflating || this.#isPaused;
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#held ??= new ByteWriter(firstHeldBytes);
    this.#held.append(bytes);
  }

  #readHeld(): void {
    if (this.#isHeld) return;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#unframer.push(held.take());
    this.#read();
    if (this.#isHeld || !this.#sink.isOpen) return;
    this.#sink.onHeld(false);
    if (this.#hasEnded) this.end();
  }

  #read(): void {
    this.#unframer.limitBytes = this.#connection.messageLimitBytes;
    while (this.#sink.isOpen && !this.#isHeld) {
      const unframed = this.#unframer.read();
      if (unframed === undefined) break;
      if (unframed.kind === "fault") this.#sink.onMessageFault(unframed.status);
      else if (unframed.isCompressed) this.#inflate(unframed.bytes);
      else this.#sink.onMessage(unframed.bytes);
    }
    const rest = this.#unframer.takeRest();
    if (rest !== undefined && this.#sink.isOpen) this.#hold(rest);
    this.#count();
  }

  #inflate(compressed: Uint8Array): void {
    if (this.#encoding !== "gzip") {
      const message = "a message is marked as compressed, and the request names no grpc-encoding";
      this.#sink.onMessageFault(status("INTERNAL", message));
      return;
    }
    const gunzipped = gunzip(compressed, this.#connection.messageLimitBytes);
    if (gunzipped instanceof Promise) void this.#awaitInflation(gunzipped);
    else this.#deliver(gunzipped);
  }

  /** Holds the request until then, so that messages keep their order. */
  async #awaitInflation(inflation: Promise<Gunzipped>): Promise<void> {
    this.#isInflating = true;
    this.#sink.onHeld(true);
    const gunzipped = await inflation;
    this.#isInflating = false;
    if (!this.#sink.isOpen) return;
    this.#deliver(gunzipped);
    this.#readHeld();
  }

  #deliver(gunzipped: Gunzipped): void {
    if (gunzipped.kind === "fault") this.#sink.onMessageFault(gunzipped.status);
    else this.#sink.onMessage(gunzipped.bytes);
  }

  /** Counts what it holds, and ends a request that makes that too much. */
  #count(): void {
    this.#setPartialBytes(this.#sink.isOpen ? this.#unframer.partialBytes + (this.#held?.length ?? 0) : 0);
    if (this.#partialBytes === 0 || !this.#isTooMuch()) return;
    const fault = status("RESOURCE_EXHAUSTED", "too many bytes of unfinished messages are held; try again later");
    this.#sink.onMessageFault(fault);
    this.release();
  }

  #setPartialBytes(partialBytes: number): void {
    if (partialBytes === 0 && this.#partialBytes === 0) return;
    if (this.#partialBytes === 0 || partialBytes < this.#partialBytes) this.#partialSinceMs = this.#edge.nowMs;
    const more = partialBytes - this.#partialBytes;
    this.#partialBytes = partialBytes;
    this.#edge.partialBytes += more;
    this.#connection.partialBytes += more;
  }

  #isTooMuch(): boolean {
    const { messageLimitBytes, partialBytes } = this.#connection;
    return partialBytes > 2 * messageLimitBytes || this.#edge.partialBytes > this.#edge.limits.maxPartialBytes;
  }
}
