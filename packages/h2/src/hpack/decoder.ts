import { H2Error } from "../errors.ts";
import { DynamicTable, entryOverheadBytes } from "./dynamic-table.ts";
import type { HeaderList } from "./header-list.ts";
import { readHuffman } from "./huffman.ts";
import { staticTable } from "./static-table.ts";

/** The dynamic table's size before anyone said otherwise, bytes. */
export const defaultHeaderTableBytes = 4_096;

/** What a header list may be. */
export interface HeaderListLimits {
  /** Most headers. Default 64. */
  readonly maxHeaderPairs: number;
  /** Most bytes, counted as SETTINGS_MAX_HEADER_LIST_SIZE counts: names, values, and 32 for each. Default 16 KiB. */
  readonly maxHeaderListBytes: number;
}

/** The limits of a header list unless told otherwise. */
export const defaultHeaderListLimits: HeaderListLimits = { maxHeaderPairs: 64, maxHeaderListBytes: 16_384 };

/** What {@link HpackDecoder.decode} found. A list over the limits was decoded, since later blocks build on it, but not kept. */
export type DecodedHeaders =
  | { readonly kind: "headers"; readonly headers: HeaderList }
  | { readonly kind: "too-large"; readonly pairs: number; readonly bytes: number };

/** Decodes the header blocks of one direction of one connection, in their order. @see RFC 7541 */
export class HpackDecoder {
  readonly #limits: HeaderListLimits;
  readonly #table = new DynamicTable(defaultHeaderTableBytes);
  #maxTableBytes = defaultHeaderTableBytes;
  /** The peer has to say first that it keeps to the lower limit. */
  #isUpdateDue = false;
  #bytes: Uint8Array = noBytes;
  #at = 0;

  constructor(limits: HeaderListLimits = defaultHeaderListLimits) {
    this.#limits = limits;
  }

  /** Sets how large the dynamic table may become: when the peer has acknowledged SETTINGS_HEADER_TABLE_SIZE. */
  limitTable(maxBytes: number): void {
    this.#maxTableBytes = maxBytes;
    this.#isUpdateDue = this.#table.maxBytes > maxBytes;
  }

  /**
   * Decodes a whole block.
   * @throws {H2Error} `compression-error`; the connection cannot go on, since its tables differ from now on
   */
  decode(block: Uint8Array): DecodedHeaders {
    this.#bytes = block;
    this.#at = 0;
    try {
      this.#readTableUpdates();
      return this.#readHeaders();
    } finally {
      this.#bytes = noBytes;
    }
  }

  #readTableUpdates(): void {
    for (let count = 0; this.#at < this.#bytes.length && (this.#bytes[this.#at]! & 0xe0) === 0x20; count++) {
      if (count === 2) throw failure("a header block began with more than two table size updates");
      const size = this.#readInteger(5);
      if (size > this.#maxTableBytes) {
        throw failure(`a table size update to ${size} bytes, and at most ${this.#maxTableBytes} are allowed`);
      }
      this.#table.resize(size);
      this.#isUpdateDue = false;
    }
    if (this.#isUpdateDue)
      throw failure("the table's limit was lowered, and the header block did not begin with an update");
  }

  #readHeaders(): DecodedHeaders {
    const { maxHeaderPairs, maxHeaderListBytes } = this.#limits;
    const headers: string[] = [];
    let pairs = 0;
    let bytes = 0;
    const take = (name: string, value: string): void => {
      pairs += 1;
      bytes += name.length + value.length + entryOverheadBytes;
      if (pairs <= maxHeaderPairs && bytes <= maxHeaderListBytes) headers.push(name, value);
    };
    while (this.#at < this.#bytes.length) this.#readHeader(take);
    if (pairs > maxHeaderPairs || bytes > maxHeaderListBytes) return { kind: "too-large", pairs, bytes };
    return { kind: "headers", headers };
  }

  #readHeader(take: (name: string, value: string) => void) {
    const first = this.#bytes[this.#at]!;
    if (first & 0x80) {
      const index = this.#readInteger(7);
      return take(this.#nameAt(index), this.#valueAt(index));
    }
    if ((first & 0xe0) === 0x20) throw failure("a table size update stood behind a header");
    const isIndexed = (first & 0x40) !== 0;
    const nameIndex = this.#readInteger(isIndexed ? 6 : 4);
    const name = nameIndex === 0 ? this.#readString() : this.#nameAt(nameIndex);
    const value = this.#readString();
    if (isIndexed) this.#table.add(name, value);
    take(name, value);
  }

  #nameAt(index: number): string {
    if (index >= 1 && index <= staticTable.length) return staticTable[index - 1]![0];
    return this.#table.name(this.#checkedIndex(index));
  }

  #valueAt(index: number): string {
    if (index >= 1 && index <= staticTable.length) return staticTable[index - 1]![1];
    return this.#table.value(this.#checkedIndex(index));
  }

  #checkedIndex(index: number): number {
    const inTable = index - staticTable.length - 1;
    if (index >= 1 && inTable < this.#table.length) return inTable;
    throw failure(
      `index ${index} is in no table: the static one has 61 entries, the dynamic one ${this.#table.length}`,
    );
  }

  #readString(): string {
    if (this.#at >= this.#bytes.length) throw endedEarly();
    const isHuffman = (this.#bytes[this.#at]! & 0x80) !== 0;
    const length = this.#readInteger(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw endedEarly();
    this.#at = end;
    return isHuffman ? readHuffman(this.#bytes, start, end) : latin1(this.#bytes, start, end);
  }

  /** @see RFC 7541, section 5.1; values over 2^28 are refused: nothing here is that large */
  #readInteger(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#bytes[this.#at++]! & most;
    if (value < most) return value;
    for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
      if (this.#at >= this.#bytes.length) throw endedEarly();
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw failure("an integer had more than four bytes behind its prefix");
  }
}

const noBytes = new Uint8Array(0);

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1", start, end);
}

function endedEarly(): H2Error {
  return failure("a header block ended within a header");
}

function failure(message: string): H2Error {
  return new H2Error("compression-error", message);
}
