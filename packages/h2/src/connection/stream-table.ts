/** The open streams of a connection by id. Nearly every connection has one stream, which needs no map. */
export class StreamTable<S extends { readonly id: number }> {
  #only: S | undefined;
  #others: Map<number, S> | undefined;

  /** Open streams. */
  get size(): number {
    return (this.#only === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(id: number): S | undefined {
    if (this.#only?.id === id) return this.#only;
    return this.#others?.get(id);
  }

  add(stream: S): void {
    if (this.#only === undefined) {
      this.#only = stream;
      return;
    }
    this.#others ??= new Map();
    this.#others.set(stream.id, stream);
  }

  delete(stream: S): void {
    if (this.#only === stream) this.#only = undefined;
    else this.#others?.delete(stream.id);
    if (this.#others?.size === 0) this.#others = undefined;
  }

  /** Visits all of them, without an array. Streams may be closed meanwhile. */
  each<A>(visit: (stream: S, argument: A) => void, argument: A): void {
    if (this.#only !== undefined) visit(this.#only, argument);
    if (this.#others !== undefined) for (const stream of this.#others.values()) visit(stream, argument);
  }

  /** All of them, oldest first as far as it is cheap; safe against changes while it is walked over. */
  all(): S[] {
    const all = this.#only === undefined ? [] : [this.#only];
    if (this.#others !== undefined) all.push(...this.#others.values());
    return all;
  }
}
