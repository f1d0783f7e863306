/**
 * A map that costs next to nothing while nothing is in it: an empty `Map` takes 200 bytes, and of the dozens that describe a
 * client nearly all are empty nearly always.
 */
export class LazyMap<K, V> implements ReadonlyMap<K, V> {
  #entries: Map<K, V> | undefined;

  get size(): number {
    return this.#entries === undefined ? 0 : this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries?.get(key);
  }

  has(key: K): boolean {
    return this.#entries?.has(key) === true;
  }

  set(key: K, value: V): this {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
    return this;
  }

  /** Whether it was there. With the last entry, the memory goes too. */
  delete(key: K): boolean {
    if (this.#entries === undefined || !this.#entries.delete(key)) return false;
    if (this.#entries.size === 0) this.#entries = undefined;
    return true;
  }

  clear(): void {
    this.#entries = undefined;
  }

  keys(): MapIterator<K> {
    return (this.#entries ?? NOTHING).keys() as MapIterator<K>;
  }

  values(): MapIterator<V> {
    return (this.#entries ?? NOTHING).values() as MapIterator<V>;
  }

  entries(): MapIterator<[K, V]> {
    return (this.#entries ?? NOTHING).entries() as MapIterator<[K, V]>;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) each(value, key, this);
  }
}

const NOTHING: ReadonlyMap<unknown, unknown> = new Map();
