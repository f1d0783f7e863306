/**
 * Byte strings in the order of their keys, immutable, put together in chunks: a change of one among 10,000 copies a chunk and
 * the list of chunks, and the whole is put together of a few hundred pieces.
 */
export interface ChunkedBytes {
  readonly chunks: readonly Chunk[];
  /** Of all the byte strings. */
  readonly byteLength: number;
}

interface Chunk {
  readonly keys: readonly string[];
  /** Of each key's bytes. */
  readonly lengths: readonly number[];
  /** Of all keys, one behind the other. */
  readonly bytes: Uint8Array;
}

/** Keys in a chunk, at most. */
const MAX_KEYS = 32;

const NOTHING = new Uint8Array();

/** Nothing. */
export const NO_BYTES: ChunkedBytes = { chunks: [], byteLength: 0 };

/** With the bytes of a key set, or removed if there are none. */
export function withPart(before: ChunkedBytes, key: string, part: Uint8Array | undefined): ChunkedBytes {
  const at = chunkFor(before.chunks, key);
  const chunk = before.chunks[at] ?? EMPTY_CHUNK;
  const index = lowerBound(chunk.keys, key);
  const replaced = chunk.keys[index] === key ? 1 : 0;
  if (!part && !replaced) return before;
  const oldLength = replaced ? chunk.lengths[index]! : 0;
  const keys = chunk.keys.toSpliced(index, replaced, ...(part ? [key] : []));
  const lengths = chunk.lengths.toSpliced(index, replaced, ...(part ? [part.length] : []));
  const bytes = spliced(chunk.bytes, sum(chunk.lengths, index), oldLength, part ?? NOTHING);
  const chunks = before.chunks.toSpliced(at, 1, ...split({ keys, lengths, bytes }));
  return { chunks, byteLength: before.byteLength + bytes.length - chunk.bytes.length };
}

const EMPTY_CHUNK: Chunk = { keys: [], lengths: [], bytes: NOTHING };

function spliced(bytes: Uint8Array, start: number, length: number, part: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - length + part.length);
  result.set(bytes.subarray(0, start));
  result.set(part, start);
  result.set(bytes.subarray(start + length), start + part.length);
  return result;
}

function split({ keys, lengths, bytes }: Chunk): Chunk[] {
  if (keys.length === 0) return [];
  if (keys.length <= MAX_KEYS) return [{ keys, lengths, bytes }];
  const middle = keys.length >> 1;
  const cut = sum(lengths, middle);
  return [
    { keys: keys.slice(0, middle), lengths: lengths.slice(0, middle), bytes: bytes.slice(0, cut) },
    { keys: keys.slice(middle), lengths: lengths.slice(middle), bytes: bytes.slice(cut) },
  ];
}

/** Of the first so many. */
function sum(lengths: readonly number[], count: number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += lengths[index]!;
  return total;
}

/** The last chunk that begins at or before the key; the first, if none does. */
function chunkFor(chunks: readonly Chunk[], key: string): number {
  let [low, high] = [0, chunks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (chunks[middle]!.keys[0]! <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lowerBound(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
