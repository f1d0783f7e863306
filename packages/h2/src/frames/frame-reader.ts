import { H2Error } from "../errors.ts";
import { checkFrameHeader, frameTypeName } from "./check-header.ts";
import { readUint31 } from "./read-uint32.ts";
import { Flag, FrameType, frameHeaderBytes } from "./types.ts";

/** Who takes the frames that a {@link FrameReader} finds. What a method throws ends {@link FrameReader.read}. */
export interface FrameSink {
  /**
   * A DATA frame begins; its bytes follow in {@link onData}.
   * @param length of the payload with its padding: what it costs of the windows
   */
  onDataStart(streamId: number, length: number, isEndStream: boolean): void;
  /** Bytes of the DATA frame that began last: as many as are there, no copy. They are valid during the call only. */
  onData(streamId: number, chunk: Uint8Array, start: number, end: number): void;
  /** The DATA frame that began last is complete. */
  onDataEnd(streamId: number, isEndStream: boolean): void;
  /** Any other frame, whole: its payload is `chunk` from `start` to `end`, valid during the call only. */
  onFrame(type: number, flags: number, streamId: number, chunk: Uint8Array, start: number, end: number): void;
  /** Whether nothing more is to be read. */
  readonly isDone: boolean;
}

/**
 * Cuts bytes into frames, wherever the chunks are cut.
 *
 * DATA is passed on as it comes, without a copy; any other frame that a chunk cuts is copied until it is whole. Idle, it
 * holds nothing.
 */
export class FrameReader {
  /** The largest payload taken, bytes: what SETTINGS_MAX_FRAME_SIZE told the peer. */
  readonly maxFrameBytes: number;
  /** A frame that is not DATA, or a header, of which the rest is still to come. */
  #partial: Uint8Array | undefined;
  #partialHave = 0;
  /** The DATA frame that is being passed on; 0: none. */
  #dataStreamId = 0;
  #dataLeft = 0;
  #paddingLeft = 0;
  #isDataEndStream = false;
  #isPadLengthDue = false;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /**
   * Reads `chunk` from `start` to `end`.
   * @throws {H2Error} when the peer breaks a rule; the connection is of no use then
   * @returns where it stopped: `end`, or before it when the sink is done
   */
  read(chunk: Uint8Array, start: number, end: number, sink: FrameSink): number {
    let at = start;
    while (at < end && !sink.isDone) {
      if (this.#dataStreamId !== 0) at = this.#passData(chunk, at, end, sink);
      else if (this.#partial !== undefined) at = this.#complete(chunk, at, end, sink);
      else at = this.#readFrame(chunk, at, end, sink);
    }
    return at;
  }

  #readFrame(chunk: Uint8Array, at: number, end: number, sink: FrameSink): number {
    if (end - at < frameHeaderBytes) return this.#keep(chunk, at, end, frameHeaderBytes);
    const length = (chunk[at]! << 16) | (chunk[at + 1]! << 8) | chunk[at + 2]!;
    const type = chunk[at + 3]!;
    const flags = chunk[at + 4]!;
    const streamId = readUint31(chunk, at + 5);
    if (length > this.maxFrameBytes) throw this.#tooLarge(type, length);
    const payloadAt = at + frameHeaderBytes;
    if (type === FrameType.DATA) {
      checkFrameHeader(type, flags, streamId, length);
      this.#startData(flags, streamId, length, sink);
      return payloadAt;
    }
    const frameEnd = payloadAt + length;
    if (frameEnd > end) {
      checkFrameHeader(type, flags, streamId, length); // now, since a peer may never send the rest
      return this.#keep(chunk, at, end, frameHeaderBytes + length);
    }
    checkFrameHeader(type, flags, streamId, length);
    sink.onFrame(type, flags, streamId, chunk, payloadAt, frameEnd);
    return frameEnd;
  }

  #startData(flags: number, streamId: number, length: number, sink: FrameSink): void {
    this.#isDataEndStream = (flags & Flag.END_STREAM) !== 0;
    sink.onDataStart(streamId, length, this.#isDataEndStream);
    this.#dataStreamId = streamId;
    this.#dataLeft = length;
    this.#paddingLeft = 0;
    this.#isPadLengthDue = (flags & Flag.PADDED) !== 0;
    if (this.#isPadLengthDue && length === 0) throw new H2Error("frame-size-error", "a padded DATA frame was empty");
    if (length === 0) this.#endData(sink);
  }

  #passData(chunk: Uint8Array, start: number, end: number, sink: FrameSink): number {
    let at = start;
    if (this.#isPadLengthDue) {
      this.#paddingLeft = chunk[at]!;
      this.#isPadLengthDue = false;
      this.#dataLeft -= 1 + this.#paddingLeft;
      at += 1;
      if (this.#dataLeft < 0) throw new H2Error("protocol-error", "a DATA frame's padding was longer than the frame");
    }
    const dataEnd = Math.min(end, at + this.#dataLeft);
    if (dataEnd > at) {
      this.#dataLeft -= dataEnd - at;
      sink.onData(this.#dataStreamId, chunk, at, dataEnd);
    }
    const paddingEnd = Math.min(end, dataEnd + this.#paddingLeft);
    if (this.#dataLeft === 0) this.#paddingLeft -= paddingEnd - dataEnd;
    if (this.#dataLeft === 0 && this.#paddingLeft === 0) this.#endData(sink);
    return this.#dataLeft === 0 ? paddingEnd : dataEnd;
  }

  #endData(sink: FrameSink): void {
    const streamId = this.#dataStreamId;
    this.#dataStreamId = 0;
    sink.onDataEnd(streamId, this.#isDataEndStream);
  }

  /** Keeps the beginning of a frame; `needed` is its length, or a header's. */
  #keep(chunk: Uint8Array, at: number, end: number, needed: number): number {
    const partial = new Uint8Array(needed);
    partial.set(chunk.subarray(at, end));
    this.#partial = partial;
    this.#partialHave = end - at;
    return end;
  }

  #complete(chunk: Uint8Array, at: number, end: number, sink: FrameSink): number {
    const partial = this.#partial!;
    const taken = Math.min(partial.length - this.#partialHave, end - at);
    partial.set(chunk.subarray(at, at + taken), this.#partialHave);
    this.#partialHave += taken;
    if (this.#partialHave < partial.length) return end;
    this.#partial = undefined;
    this.#partialHave = 0;
    // A header alone starts DATA, or asks for the payload; a whole frame is taken.
    this.#readFrame(partial, 0, partial.length, sink);
    return at + taken;
  }

  #tooLarge(type: number, length: number): H2Error {
    const message = `a ${frameTypeName(type)} frame had ${length} bytes, and at most ${this.maxFrameBytes} are taken`;
    return new H2Error("frame-size-error", message);
  }
}
