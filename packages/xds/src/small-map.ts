/** A map that is made for one entry, as most are that list the streams of a client or the types of a stream: that costs no `Map`. */
export class SmallMap<K extends string | number, V> {
  #key: K | undefined;
  #value: V | undefined;
  /** All entries, where there are more than one, or were. */
  #entries: Map<K, V> | undefined;

  get size(): number {
    if (this.#entries !== undefined) return this.#entries.size;
    return this.#key === undefined ? 0 : 1;
  }

  get(key: K): V | undefined {
    if (this.#entries !== undefined) return this.#entries.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  has(key: K): boolean {
    return this.#entries === undefined ? this.#key === key : this.#entries.has(key);
  }

  set(key: K, value: V): void {
    if (this.#entries === undefined && (this.#key === undefined || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      return;
    }
    this.#entries ??= new Map([[this.#key!, this.#value!]]);
    this.#entries.set(key, value);
    this.#key = this.#value = undefined;
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    if (this.#entries !== undefined) return this.#entries.delete(key);
    if (this.#key !== key) return false;
    this.#key = this.#value = undefined;
    return true;
  }

  clear(): void {
    this.#key = this.#value = this.#entries = undefined;
  }

  keys(): IteratorObject<K> {
    return this.#entries?.keys() ?? (this.#key === undefined ? [] : [this.#key]).values();
  }

  values(): IteratorObject<V> {
    return this.#entries?.values() ?? (this.#key === undefined ? [] : [this.#value!]).values();
  }

  [Symbol.iterator](): IteratorObject<[K, V]> {
    return this.#entries?.entries() ?? (this.#key === undefined ? [] : [[this.#key, this.#value!] as [K, V]]).values();
  }
}
