/**
 * What a response brought: which resources, in which state. Shared by all streams that got the same bytes; valid until the
 * reader reads the next response.
 *
 * The state of a resource is its mark's sequence plus 1 or, where there are no marks, a digest; never {@link UNKNOWN}.
 */
export interface Content {
  readonly version: Version;
  /** Resources in it: so many items of the arrays hold. */
  readonly count: number;
  /** Numbers of the resources; -1: of another name. */
  readonly indexes: Int32Array;
  readonly states: Uint32Array;
  /** Delta only: versions of the resources; SotW: empty. */
  readonly versions: readonly Version[];
  /** Delta only: numbers of the names that are gone; -1: another name. */
  readonly removed: readonly number[];
  /** Resources that say no more than that they still hold: a name, and a TTL that begins anew. */
  readonly heartbeats: number;
  /** Of numbers and states: equal for equal content. */
  readonly digest: number;
  /** What is wrong with it, by itself; `undefined`: nothing. */
  readonly fault: string | undefined;
}

/** The state of a resource that was not received. */
export const UNKNOWN = 0;

/** A version as the server wrote it, with its field of a request (number 1) ready to be sent. */
export interface Version {
  readonly bytes: Buffer;
  /** Tag, length and bytes; nothing for an empty version. */
  readonly field: Buffer;
}

/** Makes a {@link Version} of the bytes from `start` to `end`, which it copies. */
export function versionOf(bytes: Uint8Array, start: number, end: number): Version {
  const length = end - start;
  if (length === 0) return NO_VERSION;
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : 3;
  const field = Buffer.allocUnsafeSlow(1 + size + length);
  field[0] = VERSION_TAG;
  for (let at = 0, rest = length; at < size; at++, rest >>>= 7)
    field[1 + at] = (rest & 0x7f) | (at < size - 1 ? 0x80 : 0);
  field.set(bytes.subarray(start, end), 1 + size);
  return { field, bytes: field.subarray(1 + size) };
}

const VERSION_TAG = 0x0a;

/** An empty version. */
export const NO_VERSION: Version = { bytes: Buffer.alloc(0), field: Buffer.alloc(0) };
