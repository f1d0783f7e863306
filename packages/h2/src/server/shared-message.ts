import { ByteWriter } from "../frames/byte-writer.ts";
import { defaultMaxFrameBytes, FrameType, frameHeaderBytes } from "../frames/types.ts";
import { writeFrameHeader } from "../frames/write.ts";

/**
 * Stream ids beside the first that a message stays framed for: clients have their streams on the same ones, most on one alone, others on
 * a dozen. Fewer for a large message.
 */
const mostOtherIds = 32;
const mostOtherBytes = 1_048_576;

/**
 * Bytes that many streams are sent, over many connections: cut into DATA frames once for each stream id, not for each stream.
 */
export class SharedMessage {
  readonly bytes: Uint8Array;
  #firstId = 0;
  #first: Uint8Array | undefined = undefined;
  /** Of other ids, the oldest first. */
  #others: Map<number, Uint8Array> | undefined = undefined;

  /** @param bytes must not change from now on */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get length(): number {
    return this.bytes.length;
  }

  /**
   * The bytes as DATA frames of a stream, headers and all, of at most 16,384 bytes each: what any peer takes. The array is
   * shared, and must not be changed.
   */
  framedFor(streamId: number): Uint8Array {
    if (streamId === this.#firstId) return this.#first!;
    const known = this.#others?.get(streamId);
    if (known !== undefined) return known;
    const framed = frame(this.bytes, streamId);
    this.#remember(streamId, framed);
    return framed;
  }

  #remember(streamId: number, framed: Uint8Array): void {
    if (this.#first === undefined) {
      this.#firstId = streamId;
      this.#first = framed;
      return;
    }
    const most = Math.min(mostOtherIds, Math.ceil(mostOtherBytes / framed.length));
    this.#others ??= new Map();
    if (this.#others.size === most) this.#others.delete(this.#others.keys().next().value!);
    this.#others.set(streamId, framed);
  }
}

function frame(bytes: Uint8Array, streamId: number): Uint8Array {
  const frames = Math.max(1, Math.ceil(bytes.length / defaultMaxFrameBytes));
  const out = new ByteWriter(bytes.length + frames * frameHeaderBytes);
  for (let at = 0; at === 0 || at < bytes.length; at += defaultMaxFrameBytes) {
    const end = Math.min(bytes.length, at + defaultMaxFrameBytes);
    writeFrameHeader(out, end - at, FrameType.DATA, 0, streamId);
    out.append(bytes.subarray(at, end));
  }
  return out.take();
}
