import { FloatList } from "./float-list.ts";

const INTERVAL_MS = 10;
/** Samples that are kept between two ticks. */
const MAX_SAMPLES = 1_000;

/**
 * How late a timer of this process fires: what its clocks can be off by. A stall stands for all the timers that were due in it, as if each had
 * been set: else one of 200 ms would be a single sample among hundreds of good ones.
 */
export class Lateness {
  private readonly samples = new FloatList();
  private lastMs = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor() {
    this.timer = setInterval(() => this.sample(), INTERVAL_MS);
  }

  /** Samples since the last call, ms. */
  take(): Float32Array {
    return this.samples.take();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    const now = performance.now();
    let lateMs = Math.max(0, now - this.lastMs - INTERVAL_MS);
    this.lastMs = now;
    do {
      if (this.samples.length >= MAX_SAMPLES) return;
      this.samples.push(lateMs);
      lateMs -= INTERVAL_MS;
    } while (lateMs > 0);
  }
}
