/**
 * A bounded queue of records in shared memory: one thread writes, one reads, neither waits for the other.
 *
 * A record is two numbers and two runs of bytes that the reader sees as one. Records lie in one piece each; what is left
 * at the end of the memory is skipped. Positions only grow (modulo 2^32), so that full and empty differ.
 */

/** Where the words of the header are, in 32-bit words; each on a cache line of its own. */
const WRITTEN = 0;
const READ = 16;
const READER_SLEEPS = 32;
const WRITER_WAITS = 48;
const HEADER_BYTES = 256;

/** Length, kind, and the two numbers of a record. */
const RECORD_HEAD_BYTES = 16;
/** The kind of what is skipped at the end of the memory. */
const SKIPPED = 0;

/** Memory for a ring of so many bytes. @param bytes a power of two */
export function ringMemory(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + bytes);
}

/** Most bytes that one record of such a ring may carry: a quarter, so that no record waits for an empty ring. */
export function mostBytesPerRecord(memory: SharedArrayBuffer): number {
  return (memory.byteLength - HEADER_BYTES) / 4;
}

const NO_BYTES = new Uint8Array(0);

/** Takes a record. The bytes are the receiver's to keep. `kind` is above 0. */
export type VisitRecord = (kind: number, a: number, b: number, bytes: Uint8Array) => void;

/** The end that writes. What is put is seen by the reader once it is published. */
export class RingWriter {
  readonly #header: Int32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  #written: number;
  #read: number;

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#words = new Uint32Array(memory, HEADER_BYTES);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
    this.#capacity = this.#bytes.length;
    this.#written = Atomics.load(this.#header, WRITTEN) >>> 0;
    this.#read = Atomics.load(this.#header, READ) >>> 0;
  }

  /** Bytes that the reader has not taken yet. */
  get unreadBytes(): number {
    return (this.#written - Atomics.load(this.#header, READ)) >>> 0;
  }

  /** Whether a record with so many bytes can be put now. */
  hasRoom(bytes: number): boolean {
    const needed = this.#skippedBefore(sizeOf(bytes)) + sizeOf(bytes);
    if (((this.#written - this.#read) >>> 0) + needed <= this.#capacity) return true;
    this.#read = Atomics.load(this.#header, READ) >>> 0;
    return ((this.#written - this.#read) >>> 0) + needed <= this.#capacity;
  }

  /** Writes a record behind those before; `false`: there is no room for it. */
  put(kind: number, a: number, b: number, first: Uint8Array = NO_BYTES, second: Uint8Array = NO_BYTES): boolean {
    const bytes = first.length + second.length;
    if (!this.hasRoom(bytes)) return false;
    const size = sizeOf(bytes);
    this.#skip(this.#skippedBefore(size));
    const at = this.#written & (this.#capacity - 1);
    const word = at >>> 2;
    this.#words[word] = RECORD_HEAD_BYTES + bytes;
    this.#words[word + 1] = kind;
    this.#words[word + 2] = a;
    this.#words[word + 3] = b;
    this.#bytes.set(first, at + RECORD_HEAD_BYTES);
    if (second.length > 0) this.#bytes.set(second, at + RECORD_HEAD_BYTES + first.length);
    this.#written = (this.#written + size) >>> 0;
    return true;
  }

  /** Shows the reader what was put. Returns whether it sleeps, and is to be woken. */
  publish(): boolean {
    Atomics.store(this.#header, WRITTEN, this.#written | 0);
    return Atomics.exchange(this.#header, READER_SLEEPS, 0) === 1;
  }

  /** Asks to be woken once the reader has visited something. To be followed by another look: there may be room by now. */
  awaitRoom(): void {
    Atomics.store(this.#header, WRITER_WAITS, 1);
  }

  /** Bytes up to the end of the memory, if a record of that size does not fit in there. */
  #skippedBefore(size: number): number {
    const left = this.#capacity - (this.#written & (this.#capacity - 1));
    return left < size ? left : 0;
  }

  #skip(bytes: number): void {
    if (bytes === 0) return;
    const word = (this.#written & (this.#capacity - 1)) >>> 2;
    this.#words[word] = bytes;
    this.#words[word + 1] = SKIPPED;
    this.#written = (this.#written + bytes) >>> 0;
  }
}

/** The end that reads. */
export class RingReader {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  #read: number;
  /** Bytes taken, ever. */
  takenBytes = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
    this.#capacity = this.#bytes.length;
    this.#read = Atomics.load(this.#header, READ) >>> 0;
  }

  /** Whether there is nothing to take. */
  get isEmpty(): boolean {
    return Atomics.load(this.#header, WRITTEN) >>> 0 === this.#read;
  }

  /**
   * Takes records, up to about so many bytes. They are copied out in one piece and their room is given back before any of
   * them is visited, so that a slow visit does not hold up the writer.
   *
   * @returns whether the writer waits for room, and is to be woken
   */
  take(visit: VisitRecord, mostBytes: number): boolean {
    const written = Atomics.load(this.#header, WRITTEN) >>> 0;
    const at = this.#read & (this.#capacity - 1);
    const available = Math.min((written - this.#read) >>> 0, this.#capacity - at);
    const length = available <= mostBytes ? available : this.#wholeRecords(at, mostBytes);
    const batch = new Uint8Array(length);
    batch.set(this.#bytes.subarray(at, at + length));
    this.#read = (this.#read + length) >>> 0;
    this.takenBytes += length;
    Atomics.store(this.#header, READ, this.#read | 0);
    visitEach(batch, visit);
    return Atomics.exchange(this.#header, WRITER_WAITS, 0) === 1;
  }

  /** Says that the writer has to wake this end for more. `false`: there is more already. */
  sleep(): boolean {
    Atomics.store(this.#header, READER_SLEEPS, 1);
    if (this.isEmpty) return true;
    Atomics.store(this.#header, READER_SLEEPS, 0);
    return false;
  }

  /** The length of the records from there on that fit into so many bytes; one at least. There are more bytes than those. */
  #wholeRecords(at: number, mostBytes: number): number {
    const words = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset);
    let length = 0;
    // Not beyond: behind a large record there may be none, but bytes of long ago, which are no length.
    while (length < mostBytes) {
      const size = paddedTo8(words[(at + length) >>> 2] as number);
      if (length > 0 && length + size > mostBytes) break;
      length += size;
    }
    return length;
  }
}

function visitEach(batch: Uint8Array<ArrayBuffer>, visit: VisitRecord): void {
  const words = new Uint32Array(batch.buffer);
  for (let at = 0; at < batch.length; ) {
    const word = at >>> 2;
    const length = words[word] as number;
    const kind = words[word + 1] as number;
    if (kind !== SKIPPED) {
      const bytes = batch.subarray(at + RECORD_HEAD_BYTES, at + length);
      visit(kind, words[word + 2] as number, words[word + 3] as number, bytes);
    }
    at += paddedTo8(length);
  }
}

/** What a record with so many bytes takes: whole words of 8 bytes, so that the next one's numbers are aligned. */
function sizeOf(bytes: number): number {
  return paddedTo8(RECORD_HEAD_BYTES + bytes);
}

function paddedTo8(bytes: number): number {
  return (bytes + 7) & ~7;
}
