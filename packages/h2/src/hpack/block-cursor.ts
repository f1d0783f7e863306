import { H2Error } from "../errors.ts";
import { readHuffman } from "./huffman.ts";

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
    return isHuffman ? readHuffman(this.#bytes, start, end) : latin1(this.#bytes, start, end);
  }
}

const noBytes = new Uint8Array(0);

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1", start, end);
}

function endedEarly(): H2Error {
  return new H2Error("compression-error", "a header block ended within a header");
}
