import { H2Error } from "../errors.ts";
import { frameTypeName } from "./check-header.ts";
import { readUint31 } from "./read-uint32.ts";
import { fragmentOfHeaders } from "./strip-padding.ts";
import { Flag, FrameType } from "./types.ts";

/** CONTINUATION frames that a header block may have: a flood of empty ones costs time, not bytes. */
const maxContinuations = 16;

/** A header block, put together from HEADERS and CONTINUATION. */
export class HeaderBlock {
  readonly streamId: number;
  readonly isEndStream: boolean;
  /** Whether its priority names the stream itself: a rule of RFC 7540 (5.3.1) that RFC 9113 let go with all of priority. */
  readonly isSelfDependent: boolean;
  #bytes: Uint8Array;
  #continuations = 0;

  /**
   * Begins with the payload of HEADERS.
   * @throws {H2Error} for padding or a priority that is longer than what is there
   */
  constructor(flags: number, streamId: number, payload: Uint8Array) {
    this.streamId = streamId;
    this.isEndStream = (flags & Flag.END_STREAM) !== 0;
    this.#bytes = fragmentOfHeaders(payload, flags);
    const priorityAt = flags & Flag.PADDED ? 1 : 0;
    this.isSelfDependent = (flags & Flag.PRIORITY) !== 0 && readUint31(payload, priorityAt) === streamId;
  }

  /** What there is of the block; valid until the frame goes, unless it was to {@link keep}. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Keeps what there is beyond its frame. */
  keep(): void {
    this.#bytes = Uint8Array.from(this.#bytes);
  }

  /**
   * Adds the payload of CONTINUATION.
   * @param maxBytes most bytes of a block, compressed as it comes
   * @throws {H2Error} when the block becomes too large or comes in too many pieces
   */
  append(payload: Uint8Array, maxBytes: number): void {
    this.#continuations += 1;
    if (this.#bytes.length + payload.length > maxBytes) {
      throw new H2Error("enhance-your-calm", `a header block had more than ${maxBytes} bytes`);
    }
    if (this.#continuations > maxContinuations) {
      throw new H2Error("enhance-your-calm", `a header block had more than ${maxContinuations} CONTINUATION frames`);
    }
    this.#bytes = Buffer.concat([this.#bytes, payload]);
  }

  /** Checks that a frame may come within the block: only its CONTINUATION may. @throws {H2Error} */
  checkOrder(type: number, streamId: number): void {
    if (type === FrameType.CONTINUATION && streamId === this.streamId) return;
    const came = `a ${frameTypeName(type)} frame of stream ${streamId}`;
    throw new H2Error("protocol-error", `${came} came within the header block of stream ${this.streamId}`);
  }
}
