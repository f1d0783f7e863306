/** Bytes of one stream that cannot be sent yet, and whether the stream ends behind them. */
export class SendQueue {
  #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are sent already. */
  #offset = 0;
  #bytes = 0;
  isEndQueued = false;
  /** The header block that ends the stream; `undefined`: its last DATA does. */
  trailers: Uint8Array | undefined = undefined;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds bytes, which are kept as they are. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Takes at most so many bytes from one chunk; there must be some. */
  shift(most: number): Uint8Array {
    const first = this.#chunks[0]!;
    const taken = first.subarray(this.#offset, this.#offset + most);
    this.#offset += taken.length;
    this.#bytes -= taken.length;
    if (this.#offset === first.length) {
      this.#chunks.shift();
      this.#offset = 0;
    }
    return taken;
  }
}
