import { H2Error } from "../errors.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import { defaultMaxFrameBytes, defaultWindowBytes, Flag, FrameType, largestWindowBytes } from "../frames/types.ts";
import { writeFrameHeader } from "../frames/write.ts";
import { SendQueue } from "./send-queue.ts";

/** How far one direction of a stream is. */
export type Direction = "idle" | "open" | "ended";

/** What a {@link SendSide} knows of a stream. */
export interface SendingStream {
  readonly id: number;
  readonly isClosed: boolean;
  /** What we may still send, bytes; negative after the peer made its windows smaller. */
  sendWindow: number;
  /** What we send: `idle` until HEADERS went out. */
  local: Direction;
  /** Bytes, and an end, that wait for a window or for the stream to be opened. */
  queue: SendQueue | undefined;
}

/** What became of bytes that were to be sent. */
export type Sent =
  /** They are in the output. */
  | "sent"
  /** They wait for the peer's windows, or for the stream to be opened. */
  | "queued"
  /** They are dropped: the stream is over or ended from here, or too much waits already. */
  | "refused";

/** Sends DATA on the streams of a connection as the peer's windows allow, and keeps what they don't. */
export class SendSide {
  /** The largest frame that the peer takes, bytes. */
  peerMaxFrameBytes = defaultMaxFrameBytes;
  /** What the peer lets new streams begin with, bytes. */
  streamWindow = defaultWindowBytes;
  readonly #to: { output(): ByteWriter };
  readonly #maxQueuedBytes: number;
  #window = defaultWindowBytes;
  #queuedBytes = 0;
  /** Streams with bytes that wait for a window. */
  #blocked: Set<SendingStream> | undefined;

  /**
   * @param to asked where to write, before each frame
   * @param maxQueuedBytes most bytes that wait, over all streams
   */
  constructor(to: { output(): ByteWriter }, maxQueuedBytes: number) {
    this.#to = to;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  /** Bytes that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Begins one DATA frame of exactly `length` bytes, if it can be sent now and whole.
   * @returns where the caller appends the bytes at once; `undefined`: use {@link send}
   */
  begin(stream: SendingStream, length: number): ByteWriter | undefined {
    if (stream.local !== "open" || stream.queue !== undefined) return undefined;
    if (length > stream.sendWindow || length > this.#window || length > this.peerMaxFrameBytes) return undefined;
    stream.sendWindow -= length;
    this.#window -= length;
    const out = this.#to.output();
    writeFrameHeader(out, length, FrameType.DATA, 0, stream.id);
    return out;
  }

  /** Sends bytes, which must not change while they wait. */
  send(stream: SendingStream, bytes: Uint8Array): Sent {
    if (stream.isClosed || stream.local === "ended" || stream.queue?.isEndQueued) return "refused";
    if (this.#queuedBytes + bytes.length > this.#maxQueuedBytes) return "refused";
    stream.queue ??= new SendQueue();
    stream.queue.push(bytes);
    this.#queuedBytes += bytes.length;
    return this.flush(stream) ? "sent" : "queued";
  }

  /** Ends what we send, behind what waits. */
  end(stream: SendingStream): void {
    if (stream.isClosed || stream.local === "ended") return;
    stream.queue ??= new SendQueue();
    stream.queue.isEndQueued = true;
    this.flush(stream);
  }

  /** Sends what the windows allow of what waits on a stream. @returns whether all of it went out */
  flush(stream: SendingStream): boolean {
    const { queue } = stream;
    if (queue === undefined) return true;
    if (stream.local === "idle") return false; // whoever opens it flushes
    while (queue.bytes > 0) {
      const most = Math.min(stream.sendWindow, this.#window, this.peerMaxFrameBytes);
      if (most <= 0) {
        this.#blocked ??= new Set();
        this.#blocked.add(stream);
        return false;
      }
      this.#write(stream, queue.shift(most), queue);
    }
    if (queue.isEndQueued && stream.local === "open") this.#write(stream, nothing, queue);
    stream.queue = undefined;
    this.#unblock(stream);
    return true;
  }

  /** Sends what the windows allow of all that waits. */
  flushAll(): void {
    if (this.#blocked === undefined) return;
    for (const stream of [...this.#blocked]) this.flush(stream);
  }

  /** Forgets what waits on a stream that is over. */
  drop(stream: SendingStream): void {
    if (stream.queue !== undefined) this.#queuedBytes -= stream.queue.bytes;
    stream.queue = undefined;
    this.#unblock(stream);
  }

  /** The peer gave the connection more. @throws {H2Error} `flow-control-error` when that is too much */
  grow(more: number): void {
    this.#window = grown(this.#window, more);
    this.flushAll();
  }

  /** The peer set what streams begin with, which moves those that are open. @throws {H2Error} as {@link grow} */
  resizeStreams(windowBytes: number, open: readonly SendingStream[], waiting: readonly SendingStream[]): void {
    const more = windowBytes - this.streamWindow;
    this.streamWindow = windowBytes;
    for (const stream of open) stream.sendWindow = grown(stream.sendWindow, more);
    for (const stream of waiting) stream.sendWindow = windowBytes;
  }

  #write(stream: SendingStream, bytes: Uint8Array, queue: SendQueue): void {
    const isLast = queue.isEndQueued && queue.bytes === 0;
    const out = this.#to.output();
    writeFrameHeader(out, bytes.length, FrameType.DATA, isLast ? Flag.END_STREAM : 0, stream.id);
    out.append(bytes);
    stream.sendWindow -= bytes.length;
    this.#window -= bytes.length;
    this.#queuedBytes -= bytes.length;
    if (isLast) stream.local = "ended";
  }

  #unblock(stream: SendingStream): void {
    this.#blocked?.delete(stream);
    if (this.#blocked?.size === 0) this.#blocked = undefined;
  }
}

function grown(window: number, more: number): number {
  if (window + more <= largestWindowBytes) return window + more;
  throw new H2Error("flow-control-error", "a window grew over 2^31 - 1");
}

const nothing = new Uint8Array(0);
