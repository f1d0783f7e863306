import type { ClientEntry } from "./client-entry.ts";
import { monotonicNowMs } from "./clock.ts";

/** How exactly clients are woken, ms. */
const TICK_MS = 50;

/**
 * Wakes clients when their time comes. What is set again and again, and mostly called off before it is due (the silence
 * after a response), costs a field: a client stands in the list of one tick, and if its time is then another it goes on to
 * the list of that.
 */
export class AlarmClock {
  private readonly wake: (entry: ClientEntry) => void;
  private readonly entriesByTick = new Map<number, ClientEntry[]>();
  private timer: NodeJS.Timeout | undefined;

  constructor(wake: (entry: ClientEntry) => void) {
    this.wake = wake;
  }

  /** When a client is to be woken, by `monotonicNowMs`, instead of when it was said before; `undefined`: not. */
  set(entry: ClientEntry, atMs: number | undefined): void {
    entry.wakeAtMs = atMs;
    if (atMs === undefined) return;
    const tick = Math.ceil(atMs / TICK_MS);
    if (entry.wakeTick === 0 || entry.wakeTick > tick) this.list(entry, tick);
  }

  stop(): void {
    this.entriesByTick.clear();
    clearInterval(this.timer);
  }

  private list(entry: ClientEntry, tick: number): void {
    entry.wakeTick = tick;
    const entries = this.entriesByTick.get(tick);
    if (entries) entries.push(entry);
    else this.entriesByTick.set(tick, [entry]);
    this.timer ??= setInterval(() => this.run(), TICK_MS).unref();
  }

  private run(): void {
    const nowMs = monotonicNowMs();
    const now = Math.floor(nowMs / TICK_MS);
    for (const [tick, entries] of this.entriesByTick) {
      if (tick > now) continue;
      this.entriesByTick.delete(tick);
      for (const entry of entries) if (entry.wakeTick === tick) this.look(entry, nowMs);
    }
    if (this.entriesByTick.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(entry: ClientEntry, nowMs: number): void {
    const { wakeAtMs } = entry;
    entry.wakeTick = 0;
    if (wakeAtMs === undefined) return;
    if (wakeAtMs > nowMs) {
      this.list(entry, Math.ceil(wakeAtMs / TICK_MS));
      return;
    }
    entry.wakeAtMs = undefined;
    this.wake(entry);
  }
}
