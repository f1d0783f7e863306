import type { ServerHttp2Stream } from "node:http2";
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
  onEnd(): void;
  /** The request breaks the rules; nothing more is read. */
  onFault(fault: GrpcStatus): void;
}

/** Reads the messages of one call: cuts them, inflates them in order, and counts what is not yet whole. */
export class MessageReader {
  readonly #edge: Edge;
  readonly #connection: Http2Connection;
  readonly #stream: ServerHttp2Stream;
  readonly #encoding: RequestEncoding;
  readonly #sink: MessageSink;
  readonly #unframer: Unframer;
  #isInflating = false;
  #isPaused = false;
  #hasEnded = false;
  #partialBytes = 0;
  #partialSinceMs = 0;

  constructor(
    edge: Edge,
    connection: Http2Connection,
    stream: ServerHttp2Stream,
    encoding: RequestEncoding,
    sink: MessageSink,
  ) {
    this.#edge = edge;
    this.#connection = connection;
    this.#stream = stream;
    this.#encoding = encoding;
    this.#sink = sink;
    this.#unframer = new Unframer(connection.messageLimitBytes);
  }

  /** Takes bytes of the request. */
  push(chunk: Uint8Array): void {
    if (!this.#sink.isOpen) return;
    this.#unframer.push(chunk);
    this.#read();
  }

  /** Delivers nothing more until {@link resume}; what the client may send meanwhile is bounded by its window. */
  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  /** Delivers what waits, and reads on. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#partialSinceMs = this.#edge.nowMs; // the client could not have sent the rest
    if (this.#isInflating) return;
    this.#read();
    this.#readOn();
  }

  /** The request has no more bytes. */
  end(): void {
    this.#hasEnded = true;
    if (!this.#sink.isOpen || this.#isHeld) return;
    this.#hasEnded = false; // told once
    if (this.#unframer.partialBytes > 0) this.#sink.onFault(status("INTERNAL", "the request ended within a message"));
    else this.#sink.onEnd();
  }

  /** Whether a message was begun `messageMs` ago and is not whole. */
  isLate(nowMs: number): boolean {
    return this.#partialBytes > 0 && !this.#isPaused && nowMs - this.#partialSinceMs > this.#edge.limits.messageMs;
  }

  /** Counts what it holds no more: the call is over. */
  release(): void {
    this.#setPartialBytes(0);
  }

  #read(): void {
    this.#unframer.limitBytes = this.#connection.messageLimitBytes;
    while (this.#sink.isOpen && !this.#isHeld) {
      const unframed = this.#unframer.read();
      if (unframed === undefined) break;
      if (unframed.kind === "fault") this.#sink.onFault(unframed.status);
      else if (unframed.isCompressed) this.#inflate(unframed.bytes);
      else this.#sink.onMessage(unframed.bytes);
    }
    this.#setPartialBytes(this.#sink.isOpen ? this.#unframer.partialBytes : 0);
    if (this.#partialBytes === 0 || !this.#isTooMuch()) return;
    this.#sink.onFault(status("RESOURCE_EXHAUSTED", "too many bytes of unfinished messages are held; try again later"));
    this.release();
  }

  #inflate(compressed: Uint8Array): void {
    if (this.#encoding !== "gzip") {
      const message = "a message is marked as compressed, and the request names no grpc-encoding";
      this.#sink.onFault(status("INTERNAL", message));
      return;
    }
    const gunzipped = gunzip(compressed, this.#connection.messageLimitBytes);
    if (gunzipped instanceof Promise) void this.#awaitInflation(gunzipped);
    else this.#deliver(gunzipped);
  }

  /** Holds the request until then, so that messages keep their order. */
  async #awaitInflation(inflation: Promise<Gunzipped>): Promise<void> {
    this.#isInflating = true;
    this.#stream.pause();
    const gunzipped = await inflation;
    this.#isInflating = false;
    if (!this.#sink.isOpen) return;
    this.#deliver(gunzipped);
    this.#read();
    this.#readOn();
  }

  get #isHeld(): boolean {
    return this.#isInflating || this.#isPaused;
  }

  #readOn(): void {
    if (this.#isHeld) return;
    this.#stream.resume();
    if (this.#hasEnded) this.end();
  }

  #deliver(gunzipped: Gunzipped): void {
    if (gunzipped.kind === "fault") this.#sink.onFault(gunzipped.status);
    else this.#sink.onMessage(gunzipped.bytes);
  }

  #setPartialBytes(partialBytes: number): void {
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
