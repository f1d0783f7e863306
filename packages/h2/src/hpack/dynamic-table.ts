/** What an entry costs beside its text, bytes. @see RFC 7541, section 4.1 */
export const entryOverheadBytes = 32;

/** The entries of HPACK's dynamic table: the newest has index 0. */
export class DynamicTable {
  /** Names and values, alternating; the newest last. Never longer than it must be: there are tens of thousands of tables. */
  #entries: readonly string[] = [];
  #bytes = 0;

  /** Entries. */
  get length(): number {
    return this.#entries.length / 2;
  }

  /** The name of an entry that is there. */
  name(index: number): string {
    return this.#entries[this.#entries.length - 2 * index - 2]!;
  }

  /** The value of an entry that is there. */
  value(index: number): string {
    return this.#entries[this.#entries.length - 2 * index - 1]!;
  }

  /** Adds an entry to a table of so many bytes; one that is larger than the table empties it. @see RFC 7541, section 4.4 */
  add(name: string, value: string, maxBytes: number): void {
    const bytes = name.length + value.length + entryOverheadBytes;
    this.evict(maxBytes - bytes);
    if (bytes > maxBytes) return;
    this.#entries = this.#entries.concat(name, value);
    this.#bytes += bytes;
  }

  /** Lets the oldest entries go until the rest takes no more than so many bytes. @returns whether any went */
  evict(downToBytes: number): boolean {
    let evicted = 0;
    while (this.#bytes > downToBytes && evicted < this.#entries.length) {
      this.#bytes -= this.#entries[evicted]!.length + this.#entries[evicted + 1]!.length + entryOverheadBytes;
      evicted += 2;
    }
    if (evicted > 0) this.#entries = this.#entries.slice(evicted);
    return evicted > 0;
  }
}
