/** A stream that waits to be taken up. */
export interface Waiting {
  /** Takes the stream up. */
  admit(): void;
  /** Whether the stream has gone meanwhile. */
  readonly isGone: boolean;
}

/** What {@link Admission} is asked to keep to. */
export interface AdmissionLimits {
  readonly admissionsPerTurn: number;
  readonly maxTurnMs: number;
  readonly maxWaitingStreams: number;
  readonly maxInFlightBytes: number;
}

/** While too many bytes are in flight, look again this much later. */
const retryMs = 10;

/**
 * Spreads a storm of new streams over turns of the event loop, oldest first.
 *
 * The loop itself sets the pace: after a turn longer than `maxTurnMs` half as many streams are taken up in the next, after a
 * short one an eighth more; never none, but while more than `maxInFlightBytes` are queued for sending. What waits costs
 * its headers only: its messages stay with the client, by flow control. Without a storm a stream is taken up on the spot.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #inFlightBytes: () => number;
  #queue: Waiting[] = [];
  #head = 0;
  #perTurn: number;
  #left: number;
  #isPumping = false;
  #turnStartedMs = 0;

  constructor(limits: AdmissionLimits, inFlightBytes: () => number) {
    this.#limits = limits;
    this.#inFlightBytes = inFlightBytes;
    this.#perTurn = limits.admissionsPerTurn;
    this.#left = limits.admissionsPerTurn;
  }

  /** Streams that wait. */
  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Takes the stream up now or later; `false`: too many wait. */
  enter(stream: Waiting): boolean {
    if (!this.#isPumping) this.#turnStartedMs = performance.now();
    if (this.waiting === 0 && this.#left > 0 && !this.#isBlocked()) {
      this.#left -= 1;
      stream.admit();
    } else {
      if (this.waiting >= this.#limits.maxWaitingStreams) return false;
      this.#queue.push(stream);
    }
    this.#pumpNextTurn();
    return true;
  }

  #isBlocked(): boolean {
    return this.#inFlightBytes() > this.#limits.maxInFlightBytes;
  }

  #pumpNextTurn(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    if (this.#isBlocked()) setTimeout(this.#pump, retryMs);
    else setImmediate(this.#pump);
  }

  readonly #pump = (): void => {
    const nowMs = performance.now();
    this.#paceBy(nowMs - this.#turnStartedMs); // from pump to pump: what was taken up counts
    this.#turnStartedMs = nowMs;
    this.#isPumping = false;
    this.#left = this.#perTurn;
    while (this.waiting > 0 && this.#left > 0 && !this.#isBlocked()) this.#admitOldest();
    if (this.waiting > 0) this.#pumpNextTurn();
  };

  #admitOldest(): void {
    const stream = this.#queue[this.#head] as Waiting;
    this.#head += 1;
    if (2 * this.#head >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (stream.isGone) return;
    this.#left -= 1;
    stream.admit();
  }

  #paceBy(turnMs: number): void {
    const { maxTurnMs, admissionsPerTurn } = this.#limits;
    const next = turnMs > maxTurnMs ? Math.floor(this.#perTurn / 2) : Math.ceil(this.#perTurn * 1.125);
    this.#perTurn = Math.max(1, Math.min(admissionsPerTurn, next));
  }
}
