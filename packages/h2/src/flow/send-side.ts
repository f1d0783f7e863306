import { H2Error } from "../errors.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import { SettingId } from "../frames/settings.ts";
import { defaultMaxFrameBytes, defaultWindowBytes, Flag, FrameType, largestWindowBytes } from "../frames/types.ts";
import { writeFrameHeader, writeHeaders } from "../frames/write.ts";
import { defaultHeaderTableBytes } from "../hpack/decoder.ts";
import { emptyTableUpdate } from "../hpack/encoder.ts";
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
  /** Bytes, and an end, that wait for a window or for our HEADERS. */
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

/** Where a {@link SendSide} writes, and who is told what has become of what waited. */
export interface SendTarget<S> {
  /** Asked before each frame. */
  output(): ByteWriter;
  /** Writes the bytes of a DATA frame behind its header. */
  writePayload(bytes: Uint8Array, stream: S): void;
  /** All that waited on a stream has gone out, since the peer gave it room. */
  onFlushed(stream: S): void;
}

/** Sends on the streams of a connection as the peer's settings and windows allow, and keeps what they don't. */
export class SendSide<S extends SendingStream> {
  /** Most bytes that wait, over all streams. */
  maxQueuedBytes: number;
  /** Whether no DATA is sent, whatever the windows allow. */
  isHeld = false;
  readonly #to: SendTarget<S>;
  /** The largest frame that the peer takes, bytes. */
  #maxFrameBytes = defaultMaxFrameBytes;
  /** What the peer lets new streams begin with, bytes. */
  #streamWindow = defaultWindowBytes;
  #tableBytes = defaultHeaderTableBytes;
  #isTableUpdateDue = false;
  #window = defaultWindowBytes;
  #queuedBytes = 0;
  /** Streams whose own window has room, and the connection's has not, or everything is held. */
  #blocked: Set<S> | undefined = undefined;

  constructor(to: SendTarget<S>, maxQueuedBytes: number) {
    this.#to = to;
    this.maxQueuedBytes = maxQueuedBytes;
  }

  /** Bytes that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** What the peer lets new streams begin with, bytes. */
  get streamWindow(): number {
    return this.#streamWindow;
  }

  /**
   * Heeds a setting of the peer's, if it is about what we send.
   * @param streams whose windows move with INITIAL_WINDOW_SIZE
   * @returns whether it is
   * @throws {H2Error} `flow-control-error` when a window becomes too large
   */
  onSetting(id: number, value: number, streams: { all(): readonly S[] }): boolean {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        this.#isTableUpdateDue ||= value < this.#tableBytes;
        this.#tableBytes = value;
        return true;
      case SettingId.INITIAL_WINDOW_SIZE:
        for (const stream of streams.all()) stream.sendWindow = grown(stream.sendWindow, value - this.#streamWindow);
        this.#streamWindow = value;
        return true;
      case SettingId.MAX_FRAME_SIZE:
        this.#maxFrameBytes = value;
        return true;
      default:
        return false;
    }
  }

  /** Writes a stream's HEADERS. @param block uses the static table only, so that it can be shared */
  writeHeaders(stream: S, block: Uint8Array, isEndStream: boolean): void {
    stream.local = isEndStream ? "ended" : "open";
    writeHeaders(this.#to.output(), stream.id, this.#withTableUpdate(block), isEndStream, this.#maxFrameBytes);
  }

  /**
   * Takes room for `length` bytes from both windows, if there is and nothing waits before them.
   * @returns whether the caller may, and must, write DATA frames with so many bytes at once
   */
  reserve(stream: S, length: number): boolean {
    if (length > stream.sendWindow || length > this.#window) return false;
    if (stream.local !== "open" || stream.queue !== undefined || this.isHeld) return false;
    stream.sendWindow -= length;
    this.#window -= length;
    return true;
  }

  /**
   * Begins one DATA frame of exactly `length` bytes, if it can be sent now and whole.
   * @returns where the caller appends the bytes at once; `undefined`: use {@link send}
   */
  begin(stream: S, length: number): ByteWriter | undefined {
    if (length > this.#maxFrameBytes || !this.reserve(stream, length)) return undefined;
    const out = this.#to.output();
    writeFrameHeader(out, length, FrameType.DATA, 0, stream.id);
    return out;
  }

  /** Sends bytes, which must not change while they wait. */
  send(stream: S, bytes: Uint8Array): Sent {
    if (stream.isClosed || stream.local === "ended" || stream.queue?.isEndQueued) return "refused";
    if (this.#queuedBytes + bytes.length > this.maxQueuedBytes) return "refused";
    stream.queue ??= new SendQueue();
    stream.queue.push(bytes);
    this.#queuedBytes += bytes.length;
    return this.#drain(stream, stream.queue) ? "sent" : "queued";
  }

  /**
   * Ends what we send, behind what waits.
   * @param trailers the header block that does; without it, an empty DATA frame or the last one does
   * @returns whether the end has gone out
   */
  end(stream: S, trailers?: Uint8Array): boolean {
    if (stream.isClosed || stream.local === "ended" || stream.queue?.isEndQueued) return false;
    stream.queue ??= new SendQueue();
    stream.queue.isEndQueued = true;
    stream.queue.trailers = trailers;
    return this.#drain(stream, stream.queue);
  }

  /** Sends what the windows allow of what waits on a stream. */
  flush(stream: S): void {
    if (stream.queue !== undefined && this.#drain(stream, stream.queue)) this.#to.onFlushed(stream);
  }

  /** Sends what the windows allow of all that waits on some streams. */
  flushStreams(streams: readonly S[]): void {
    for (const stream of streams) this.flush(stream);
  }

  /** Forgets what waits on a stream that is over. */
  drop(stream: S): void {
    if (stream.queue !== undefined) this.#queuedBytes -= stream.queue.bytes;
    stream.queue = undefined;
    this.#unblock(stream);
  }

  /** The peer gave the connection more. @throws {H2Error} `flow-control-error` when that is too much */
  grow(more: number): void {
    this.#window = grown(this.#window, more);
    this.#flushBlocked();
  }

  /** Sends again after it was held, first what waits. */
  release(): void {
    this.isHeld = false;
    this.#flushBlocked();
  }

  #flushBlocked(): void {
    if (this.#blocked === undefined) return;
    for (const stream of [...this.#blocked]) {
      if (this.#window <= 0 || this.isHeld) return;
      this.#unblock(stream); // to the back, if it must wait again: all get their turn
      this.flush(stream);
    }
  }

  /** @returns whether all of it went out */
  #drain(stream: S, queue: SendQueue): boolean {
    if (stream.local === "idle") return false; // whoever opens it flushes
    while (queue.bytes > 0) {
      const most = Math.min(stream.sendWindow, this.#window, this.#maxFrameBytes);
      if (most <= 0 || this.isHeld) {
        if (stream.sendWindow > 0) this.#block(stream);
        return false;
      }
      this.#write(stream, queue.shift(most), queue);
    }
    if (queue.trailers !== undefined) this.writeHeaders(stream, queue.trailers, true);
    else if (queue.isEndQueued && stream.local === "open") this.#write(stream, nothing, queue);
    stream.queue = undefined;
    this.#unblock(stream);
    return true;
  }

  #write(stream: S, bytes: Uint8Array, queue: SendQueue): void {
    const isLast = queue.isEndQueued && queue.trailers === undefined && queue.bytes === 0;
    const out = this.#to.output();
    writeFrameHeader(out, bytes.length, FrameType.DATA, isLast ? Flag.END_STREAM : 0, stream.id);
    this.#to.writePayload(bytes, stream);
    stream.sendWindow -= bytes.length;
    this.#window -= bytes.length;
    this.#queuedBytes -= bytes.length;
    if (isLast) stream.local = "ended";
  }

  #withTableUpdate(block: Uint8Array): Uint8Array {
    if (!this.#isTableUpdateDue) return block;
    this.#isTableUpdateDue = false;
    return Buffer.concat([emptyTableUpdate, block]);
  }

  #block(stream: S): void {
    this.#blocked ??= new Set();
    this.#blocked.add(stream);
  }

  #unblock(stream: S): void {
    this.#blocked?.delete(stream);
    if (this.#blocked?.size === 0) this.#blocked = undefined;
  }
}

function grown(window: number, more: number): number {
  if (window + more <= largestWindowBytes) return window + more;
  throw new H2Error("flow-control-error", "a window grew over 2^31 - 1");
}

const nothing = new Uint8Array(0);
