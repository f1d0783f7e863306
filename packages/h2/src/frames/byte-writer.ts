/**
 * Bytes to be sent, one after the other in one buffer that grows.
 *
 * Whoever hands it to connections takes the bytes out with {@link take}: a view, no copy. When they have gone to the kernel
 * at once, as nearly always, {@link reuse} gives their place back; otherwise they stay as they are, and what follows goes
 * behind them or into a new buffer.
 */
export class ByteWriter {
  #bytes: Buffer;
  #start = 0;
  #end = 0;
  readonly #blockBytes: number;

  /** @param blockBytes size of a buffer; larger ones are made for what does not fit */
  constructor(blockBytes = 65_536) {
    this.#blockBytes = blockBytes;
    this.#bytes = Buffer.allocUnsafeSlow(blockBytes);
  }

  /** Bytes written and not yet taken. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Makes place for so many bytes, and returns the buffer and, by {@link position}, where they go. They count as written. */
  reserve(length: number): Buffer {
    if (this.#end + length > this.#bytes.length) this.#renew(length);
    this.#end += length;
    return this.#bytes;
  }

  /** Where the next byte goes in the buffer that {@link reserve} returned last. */
  get position(): number {
    return this.#end;
  }

  /** Copies bytes in. */
  append(bytes: Uint8Array): void {
    const buffer = this.reserve(bytes.length);
    buffer.set(bytes, this.#end - bytes.length);
  }

  /** What was written since the last call, and starts anew behind it. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  /** Says that nobody needs the bytes any more that {@link take} returned last. If more was written since, their place is lost. */
  reuse(taken: Uint8Array): void {
    if (this.#end > this.#start) return;
    const start = this.#start - taken.length;
    if (taken.buffer === this.#bytes.buffer && taken.byteOffset === this.#bytes.byteOffset + start) {
      this.#start = start;
      this.#end = start;
    }
  }

  #renew(length: number): void {
    const written = this.#bytes.subarray(this.#start, this.#end);
    const needed = written.length + length;
    this.#bytes = Buffer.allocUnsafeSlow(needed > this.#blockBytes ? 2 * needed : this.#blockBytes);
    this.#bytes.set(written);
    this.#start = 0;
    this.#end = written.length;
  }
}
