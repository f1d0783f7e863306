/** Most different bytes that are remembered, and most bytes of them all. */
const MAX_ENTRIES = 1_024;
const MAX_BYTES = 4 * 1024 * 1024;

interface Known<T extends object> {
  readonly bytes: Uint8Array;
  /** It is kept by whoever uses it. */
  readonly value: WeakRef<T>;
}

/**
 * Reads equal bytes once: thousands of clients say the same of themselves, and ask for the same names, and then share what was
 * read. What is not remembered is read again.
 */
export class ReadOnce<T extends object> {
  readonly #read: (bytes: Uint8Array) => T;
  /** By a hash of some of the bytes; of two that have the same, the newer is remembered. The oldest first. */
  readonly #knownByHash = new Map<number, Known<T>>();
  #totalBytes = 0;

  constructor(read: (bytes: Uint8Array) => T) {
    this.#read = read;
  }

  /** What the bytes say, and the bytes as they are remembered: equal bytes are the same object, and not the one given. */
  get(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly value: T } {
    const hash = hashOf(bytes);
    const known = this.#knownByHash.get(hash);
    const isSame = known?.bytes.length === bytes.length && Buffer.compare(known.bytes, bytes) === 0;
    const remembered = isSame ? known.value.deref() : undefined;
    if (isSame && remembered) return { bytes: known.bytes, value: remembered };
    const kept = isSame ? known.bytes : new Uint8Array(bytes); // not slice(): of a Buffer it copies nothing
    const value = this.#read(kept);
    if (known) this.#forget(hash, known);
    this.#totalBytes += kept.length;
    this.#knownByHash.set(hash, { bytes: kept, value: new WeakRef(value) });
    for (const [oldest, entry] of this.#knownByHash) {
      if (this.#knownByHash.size <= MAX_ENTRIES && this.#totalBytes <= MAX_BYTES) break;
      this.#forget(oldest, entry);
    }
    return { bytes: kept, value };
  }

  #forget(hash: number, { bytes }: Known<T>): void {
    this.#knownByHash.delete(hash);
    this.#totalBytes -= bytes.length;
  }
}

/** Bytes that are hashed at most, of a long value from all over it: equality is looked at anyway. */
const HASHED_BYTES = 256;

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const step = Math.max(1, Math.floor(bytes.length / HASHED_BYTES));
  for (let at = 0; at < bytes.length; at += step) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
