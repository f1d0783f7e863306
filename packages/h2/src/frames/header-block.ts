import { H2Error } from "../errors.ts";
import { frameTypeName } from "./check-header.ts";
import { fragmentOfHeaders } from "./strip-padding.ts";
import { Flag, FrameType } from "./types.ts";

/** CONTINUATION frames that a header block may have: a flood of empty ones costs time, not bytes. */
const maxContinuations = 16;

/** A header block that is complete. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly isEndStream: boolean;
  /** Valid until the frame that completed it goes. */
  readonly block: Uint8Array;
}

/** Puts header blocks together from HEADERS and CONTINUATION. Between blocks it holds nothing. */
export class HeaderBlockReader {
  readonly #maxBlockBytes: number;
  #open:
    | { readonly streamId: number; readonly isEndStream: boolean; readonly parts: Uint8Array[]; bytes: number }
    | undefined;

  /** @param maxBlockBytes most bytes of a block, compressed as it comes */
  constructor(maxBlockBytes: number) {
    this.#maxBlockBytes = maxBlockBytes;
  }

  /**
   * Takes HEADERS or CONTINUATION.
   * @returns the block, when it is complete
   * @throws {H2Error} for a CONTINUATION of nothing, and when the block becomes too large or comes in too many pieces
   */
  read(type: number, flags: number, streamId: number, payload: Uint8Array): HeaderBlock | undefined {
    return type === FrameType.HEADERS
      ? this.#begin(flags, streamId, payload)
      : this.#continue(flags, streamId, payload);
  }

  /**
   * Checks that a frame may come now: within a header block, only its CONTINUATION may.
   * @throws {H2Error}
   */
  checkOrder(type: number, streamId: number): void {
    if (this.#open === undefined) return;
    if (type === FrameType.CONTINUATION && streamId === this.#open.streamId) return;
    const came = `a ${frameTypeName(type)} frame of stream ${streamId}`;
    throw new H2Error("protocol-error", `${came} came within the header block of stream ${this.#open.streamId}`);
  }

  #begin(flags: number, streamId: number, payload: Uint8Array): HeaderBlock | undefined {
    const fragment = fragmentOfHeaders(payload, flags);
    const isEndStream = (flags & Flag.END_STREAM) !== 0;
    if (flags & Flag.END_HEADERS) return { streamId, isEndStream, block: fragment };
    this.#open = { streamId, isEndStream, parts: [Uint8Array.from(fragment)], bytes: fragment.length };
    return undefined;
  }

  #continue(flags: number, streamId: number, payload: Uint8Array): HeaderBlock | undefined {
    const open = this.#open;
    if (open === undefined) {
      throw new H2Error("protocol-error", `a CONTINUATION frame of stream ${streamId} continued nothing`);
    }
    open.parts.push(Uint8Array.from(payload));
    open.bytes += payload.length;
    if (open.bytes > this.#maxBlockBytes) {
      throw new H2Error("enhance-your-calm", `a header block had more than ${this.#maxBlockBytes} bytes`);
    }
    if (open.parts.length > 1 + maxContinuations) {
      throw new H2Error("enhance-your-calm", `a header block had more than ${maxContinuations} CONTINUATION frames`);
    }
    if ((flags & Flag.END_HEADERS) === 0) return undefined;
    this.#open = undefined;
    return { streamId, isEndStream: open.isEndStream, block: Buffer.concat(open.parts) };
  }
}
