/** What a {@link ConnectGate} lets in. */
export interface Arrival {
  /** Whether it no longer wants in: it is passed over, and does not leave. */
  readonly isEnded: boolean;
  /** It may begin. */
  start(): void;
}

/** Lets a bounded number of connections be underway at once, the others in their order: a listener's backlog is bounded too. */
export class ConnectGate {
  readonly #atOnce: number;
  #waiting: Arrival[] = [];
  /** The next in `#waiting`: to take from the front of an array of 40,000 would copy it each time. */
  #next = 0;
  #inside = 0;

  /** @param atOnce connections that may be underway at once */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Connections that wait to begin. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Connections that are underway. */
  get inside(): number {
    return this.#inside;
  }

  /** Starts it, now or when there is room. */
  enter(arrival: Arrival): void {
    this.#waiting.push(arrival);
    this.#admit();
  }

  /** One that was started is underway no longer: it is open, or failed. */
  leave(): void {
    this.#inside -= 1;
    this.#admit();
  }

  #admit(): void {
    while (this.#inside < this.#atOnce && this.#next < this.#waiting.length) {
      const arrival = this.#waiting[this.#next++]!;
      if (this.#next === this.#waiting.length) {
        this.#waiting = [];
        this.#next = 0;
      }
      if (arrival.isEnded) continue;
      this.#inside += 1;
      arrival.start();
    }
  }
}
