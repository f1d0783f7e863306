const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A range of keys, as etcd's requests have it. */
export interface KeyRange {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly rangeEnd: Uint8Array<ArrayBuffer>;
}

/** A key as bytes. */
export function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(key);
}

/** Bytes of a key as text. */
export function keyText(key: Uint8Array): string {
  return decoder.decode(key);
}

/** All keys that begin so. */
export function keysUnder(prefix: string): KeyRange {
  const key = keyBytes(prefix);
  return { key, rangeEnd: after(key) };
}

/** All keys from one up to, and without, another. */
export function keysBetween(from: string, to: string): KeyRange {
  return { key: keyBytes(from), rangeEnd: keyBytes(to) };
}

/** The first key that does not begin so. */
function after(prefix: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! < 0xff) {
      end[i]! += 1;
      return end.slice(0, i + 1);
    }
  }
  return Uint8Array.of(0); // every key
}
