import { AlarmClock } from "./alarm-clock.ts";
import type { ClientEntry } from "./client-entry.ts";
import { monotonicNowMs } from "./clock.ts";

/**
 * How long one slice of turns may take, ms: what waits on the loop meanwhile (heartbeats, health checks) waits no longer. Between slices
 * the ACKs of the last one are read, as much work again, and who has not been sent the change yet waits for that: 1,000 streams are one slice.
 */
const SLICE_MS = 15;

/**
 * Which clients are to be looked at. A client is queued once, however much changed for it, and the queue is worked off in
 * time slices, so that a fan-out to many thousands leaves the event loop free.
 */
export class TurnQueue {
  private readonly turn: (entry: ClientEntry, nowMs: number) => void;
  /** Oldest first; what is marked as dirty no more was removed. */
  private dirty: ClientEntry[] = [];
  /** How many at the front of it have had their turn. */
  private taken = 0;
  private readonly alarms = new AlarmClock((entry) => this.add(entry));
  private slice: NodeJS.Immediate | undefined;
  private turns = 0;
  private isStopped = false;

  constructor(turn: (entry: ClientEntry, nowMs: number) => void) {
    this.turn = turn;
  }

  /** How many turns there were, ever. */
  get count(): number {
    return this.turns;
  }

  /** Has a client looked at soon, after what else is at hand now: several events are one turn. */
  add(entry: ClientEntry): void {
    if (this.isStopped || entry.isDirty) return;
    entry.isDirty = true;
    this.dirty.push(entry);
    this.slice ??= setImmediate(this.runSlice);
  }

  /** Has a client looked at when the time comes; `undefined`: not for the time's sake. */
  wakeAt(entry: ClientEntry, atMs: number | undefined): void {
    if (!this.isStopped) this.alarms.set(entry, atMs);
  }

  remove(entry: ClientEntry): void {
    entry.isDirty = false;
    this.alarms.set(entry, undefined);
  }

  stop(): void {
    this.isStopped = true;
    this.dirty = [];
    this.taken = 0;
    this.alarms.stop();
    if (this.slice) clearImmediate(this.slice);
  }

  private readonly runSlice = (): void => {
    this.slice = undefined;
    let nowMs = monotonicNowMs();
    const endsAtMs = nowMs + SLICE_MS;
    while (this.taken < this.dirty.length && nowMs < endsAtMs) {
      const entry = this.dirty[this.taken]!;
      this.taken += 1;
      if (!entry.isDirty) continue;
      entry.isDirty = false;
      this.turns += 1;
      this.turn(entry, nowMs);
      nowMs = monotonicNowMs();
    }
    if (this.taken < this.dirty.length) {
      this.slice ??= setImmediate(this.runSlice);
      return;
    }
    this.dirty = [];
    this.taken = 0;
  };
}
