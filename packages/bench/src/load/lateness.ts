import { FloatList } from "./float-list.ts";

const INTERVAL_MS = 10;
/** Samples that are kept between two ticks. */
const MAX_SAMPLES = 1_000;

/** How late a timer of this process fires: what its clocks can be off by. */
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
    if (this.samples.length < MAX_SAMPLES) this.samples.push(Math.max(0, now - this.lastMs - INTERVAL_MS));
    this.lastMs = now;
  }
}
