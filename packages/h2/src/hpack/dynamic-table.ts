/** What an entry costs beside its text, bytes. @see RFC 7541, section 4.1 */
export const entryOverheadBytes = 32;

/** HPACK's dynamic table: the newest entry has index 0. Empty, it holds nothing. */
export class DynamicTable {
  /** Names and values, alternating; the newest last. */
  #entries: string[] | undefined;
  #size = 0;
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Entries. */
  get length(): number {
    return this.#entries === undefined ? 0 : this.#entries.length / 2;
  }

  /** Bytes that its entries may take. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Sets how many bytes its entries may take, and evicts the oldest until they do. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict(maxBytes);
  }

  /** The name of an entry that is there. */
  name(index: number): string {
    return this.#entries![this.#entries!.length - 2 * index - 2]!;
  }

  /** The value of an entry that is there. */
  value(index: number): string {
    return this.#entries![this.#entries!.length - 2 * index - 1]!;
  }

  /** Adds an entry; one that is larger than the table empties it. @see RFC 7541, section 4.4 */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + entryOverheadBytes;
    this.#evict(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    this.#entries ??= [];
    this.#entries.push(name, value);
    this.#size += bytes;
  }

  #evict(downToBytes: number): void {
    const entries = this.#entries;
    if (entries === undefined) return;
    let evicted = 0;
    while (this.#size > downToBytes && evicted < entries.length) {
      this.#size -= entries[evicted]!.length + entries[evicted + 1]!.length + entryOverheadBytes;
      evicted += 2;
    }
    if (evicted > 0) entries.splice(0, evicted);
    if (entries.length === 0) this.#entries = undefined;
  }
}
