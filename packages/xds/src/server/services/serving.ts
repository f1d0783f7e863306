import type { SnapshotSource } from "../source.ts";

/** Whether proxies are answered, and who is told when that changes. */
export class Serving {
  readonly #source: SnapshotSource;
  readonly #listeners = new Set<() => void>();
  #hasEnded = false;

  constructor(source: SnapshotSource) {
    this.#source = source;
  }

  /** Every source has loaded (protocol.md O6), and the server does not drain. */
  get isServing(): boolean {
    return this.#source.isReady && !this.#hasEnded;
  }

  /** Tells of every change; returns the function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** It changed. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The server drains. */
  end(): void {
    this.#hasEnded = true;
    this.tell();
  }
}
