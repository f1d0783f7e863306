import type { ClientEntry } from "./client-entry.ts";
import { monotonicNowMs } from "./clock.ts";

/** How long one slice of turns may take, ms: what waits on the loop meanwhile (heartbeats, health checks) waits no longer. */
const SLICE_MS = 5;
/** How exactly clients are woken, ms. */
const TICK_MS = 50;

/**
 * Which clients are to be looked at. A client is queued once, however much changed for it, and the queue is worked off in
 * time slices, so that a fan-out to many thousands leaves the event loop free.
 */
export class TurnQueue {
  private readonly turn: (entry: ClientEntry) => void;
  private readonly dirty = new Set<ClientEntry>();
  private readonly alarms = new Map<ClientEntry, number>();
  private slice: NodeJS.Immediate | undefined;
  private tick: NodeJS.Timeout | undefined;
  private turns = 0;
  private isStopped = false;

  constructor(turn: (entry: ClientEntry) => void) {
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
    this.dirty.add(entry);
    this.slice ??= setImmediate(() => this.runSlice());
  }

  /** Has a client looked at when the time comes; `undefined`: not for the time's sake. */
  wakeAt(entry: ClientEntry, atMs: number | undefined): void {
    if (atMs === undefined) {
      this.alarms.delete(entry);
      return;
    }
    if (this.isStopped) return;
    this.alarms.set(entry, atMs);
    this.tick ??= setInterval(() => this.wake(), TICK_MS).unref();
  }

  remove(entry: ClientEntry): void {
    this.dirty.delete(entry);
    this.alarms.delete(entry);
  }

  stop(): void {
    this.isStopped = true;
    this.dirty.clear();
    this.alarms.clear();
    if (this.slice) clearImmediate(this.slice);
    clearInterval(this.tick);
  }

  private runSlice(): void {
    this.slice = undefined;
    const endsAt = performance.now() + SLICE_MS;
    for (const entry of this.dirty) {
      this.dirty.delete(entry);
      entry.isDirty = false;
      this.turns += 1;
      this.turn(entry);
      if (performance.now() >= endsAt) break;
    }
    if (this.dirty.size > 0) this.slice ??= setImmediate(() => this.runSlice());
  }

  private wake(): void {
    const nowMs = monotonicNowMs();
    for (const [entry, atMs] of this.alarms) {
      if (atMs > nowMs) continue;
      this.alarms.delete(entry);
      this.add(entry);
    }
    if (this.alarms.size > 0) return;
    clearInterval(this.tick);
    this.tick = undefined;
  }
}
