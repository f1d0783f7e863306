import { H2Error } from "../errors.ts";
import { mostDecodedBytes, readHuffman } from "./huffman.ts";
import { TextCache } from "./text-cache.ts";

/** Reads HPACK's integers and strings from a header block, one after the other. */
export class BlockCursor {
  #bytes: Uint8Array = noBytes;
  #at = 0;

  /** Puts the cursor at the beginning of a block; of an empty one to let go of the last. */
  begin(block: Uint8Array): void {
    this.#bytes = block;
    this.#at = 0;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The byte that comes next; there must be one. */
  peek(): number {
    return this.#bytes[this.#at]!;
  }

  /**
   * Reads an integer that begins in the last bits of a byte. Values over 2^28 are refused: nothing here is that large.
   * @throws {H2Error} `compression-error`
   * @see RFC 7541, section 5.1
   */
  readInteger(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#bytes[this.#at++]! & most;
    if (value < most) return value;
    for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
      if (this.isAtEnd) throw endedEarly();
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new H2Error("compression-error", "an integer had more than four bytes behind its prefix");
  }

  /** Reads a string, Latin-1. @throws {H2Error} `compression-error` */
  readString(): string {
    if (this.isAtEnd) throw endedEarly();
    const isHuffman = (this.peek() & 0x80) !== 0;
    const length = this.readInteger(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw endedEarly();
    this.#at = end;
    if (isHuffman) {
      reserve(mostDecodedBytes(length));
      return texts.textOf(scratch, readHuffman(this.#bytes, start, end, scratch));
    }
    reserve(length);
    for (let at = 0; at < length; at++) scratch[at] = this.#bytes[start + at]!;
    return texts.textOf(scratch, length);
  }
}

const noBytes = new Uint8Array(0);
const texts = new TextCache();
/** Where a string's bytes are put together; as long as the longest that came, which the limit on blocks bounds. */
let scratch = Buffer.allocUnsafeSlow(1_024);

function reserve(length: number): void {
  if (length > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * length);
}

function endedEarly(): H2Error {
  return new H2Error("compression-error", "a header block ended within a header");
}
