/** What has limits in time. */
export interface Swept {
  /** Looks at them. */
  sweep(nowMs: number): void;
}

/** How long the limits of many may be looked at until the event loop gets its turn, ms. */
const sliceMs = 2;
/** How many are looked at between two looks at the clock. */
const perLook = 64;

/** Looks at the limits in time of all connections: one timer for all, and in slices, so that tens of thousands don't hold the loop. */
export class Sweeper {
  readonly #all: () => Iterator<Swept>;
  readonly #onPass: (nowMs: number) => void;
  readonly #timer: NodeJS.Timeout;
  #rest: Iterator<Swept> | undefined = undefined;
  #isStopped = false;

  /**
   * @param all whoever is there; some may come and go while they are looked at
   * @param onPass told when a pass begins
   */
  constructor(intervalMs: number, all: () => Iterator<Swept>, onPass: (nowMs: number) => void) {
    this.#all = all;
    this.#onPass = onPass;
    // After a turn of reading: when the loop was held up, what clients sent in time is taken before they are judged.
    this.#timer = setInterval(() => setImmediate(() => this.#beginPass()), intervalMs).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#rest = undefined;
  }

  #beginPass(): void {
    if (this.#isStopped) return;
    this.#onPass(performance.now());
    if (this.#rest !== undefined) return; // the last pass is not through: the loop is busy
    this.#rest = this.#all();
    this.#slice();
  }

  readonly #slice = (): void => {
    const rest = this.#rest;
    if (rest === undefined) return;
    const nowMs = performance.now();
    do {
      for (let count = 0; count < perLook; count++) {
        const { value, done } = rest.next();
        if (done) {
          this.#rest = undefined;
          return;
        }
        value.sweep(nowMs);
      }
    } while (performance.now() - nowMs < sliceMs);
    setImmediate(this.#slice);
  };
}
