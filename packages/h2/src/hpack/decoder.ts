import { H2Error } from "../errors.ts";
import { BlockCursor } from "./block-cursor.ts";
import { DynamicTable, entryOverheadBytes } from "./dynamic-table.ts";
import type { HeaderList } from "./header-list.ts";
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
  /** There is none until a peer adds to it, and while nothing can be in it. */
  #table: DynamicTable | undefined = undefined;
  /** How large the peer keeps the table. */
  #tableBytes = defaultHeaderTableBytes;
  /** How large it may. */
  #maxTableBytes = defaultHeaderTableBytes;
  /** The peer has to say first that it keeps to the lower limit, by which entries went that it could name. */
  #isUpdateDue = false;

  constructor(limits: HeaderListLimits = defaultHeaderListLimits) {
    this.#limits = limits;
  }

  /**
   * Sets how large the dynamic table may become: when the peer has acknowledged SETTINGS_HEADER_TABLE_SIZE.
   *
   * What is over a lower limit goes at once, since the next block has to begin by saying that it does. A peer that says
   * nothing is borne with as long as that makes no difference.
   */
  limitTable(maxBytes: number): void {
    this.#maxTableBytes = maxBytes;
    this.#isUpdateDue = this.#evict(maxBytes);
  }

  /**
   * Decodes a whole block.
   * @throws {H2Error} `compression-error`; the connection cannot go on, since its tables differ from now on
   */
  decode(block: Uint8Array): DecodedHeaders {
    cursor.begin(block);
    try {
      this.#readTableUpdates();
      return this.#readHeaders();
    } finally {
      cursor.begin(noBytes);
    }
  }

  #readTableUpdates(): void {
    for (let count = 0; !cursor.isAtEnd && (cursor.peek() & 0xe0) === 0x20; count++) {
      if (count === 2) throw failure("a header block began with more than two table size updates");
      const bytes = cursor.readInteger(5);
      if (bytes > this.#maxTableBytes) {
        throw failure(`a table size update to ${bytes} bytes, and at most ${this.#maxTableBytes} are allowed`);
      }
      this.#tableBytes = bytes;
      this.#evict(bytes);
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
    while (!cursor.isAtEnd) {
      this.#readHeader();
      pairs += 1;
      bytes += name.length + value.length + entryOverheadBytes;
      if (pairs <= maxHeaderPairs && bytes <= maxHeaderListBytes) headers.push(name, value);
    }
    if (pairs > maxHeaderPairs || bytes > maxHeaderListBytes) return { kind: "too-large", pairs, bytes };
    return { kind: "headers", headers };
  }

  /** Reads a header into {@link name} and {@link value}. */
  #readHeader(): void {
    const first = cursor.peek();
    if (first & 0x80) {
      const index = cursor.readInteger(7);
      name = this.#nameAt(index);
      value = this.#valueAt(index);
      return;
    }
    if ((first & 0xe0) === 0x20) throw failure("a table size update stood behind a header");
    const isIndexed = (first & 0x40) !== 0;
    const nameIndex = cursor.readInteger(isIndexed ? 6 : 4);
    name = nameIndex === 0 ? cursor.readString() : this.#nameAt(nameIndex);
    value = cursor.readString();
    if (isIndexed) this.#add(name, value);
  }

  #nameAt(index: number): string {
    if (index >= 1 && index <= staticTable.length) return staticTable[index - 1]![0];
    return this.#tableWith(index).name(index - staticTable.length - 1);
  }

  #valueAt(index: number): string {
    if (index >= 1 && index <= staticTable.length) return staticTable[index - 1]![1];
    return this.#tableWith(index).value(index - staticTable.length - 1);
  }

  #tableWith(index: number): DynamicTable {
    const entries = this.#table?.length ?? 0;
    if (index > 0 && index <= staticTable.length + entries) return this.#table!;
    throw failure(`index ${index} is in no table: the static one has 61 entries, the dynamic one ${entries}`);
  }

  #add(newName: string, newValue: string): void {
    if (this.#tableBytes === 0) return;
    this.#table ??= new DynamicTable();
    this.#table.add(newName, newValue, this.#tableBytes);
  }

  /** @returns whether any entry went */
  #evict(downToBytes: number): boolean {
    const hasEvicted = this.#table?.evict(downToBytes) ?? false;
    if (this.#table?.length === 0) this.#table = undefined;
    return hasEvicted;
  }
}

// Shared by all decoders, since each decodes a whole block at a time: tens of thousands of them keep nothing for it.
const cursor = new BlockCursor();
const noBytes = new Uint8Array(0);
let name = "";
let value = "";

function failure(message: string): H2Error {
  return new H2Error("compression-error", message);
}
