import type { Connecting } from "../plan/plan.ts";
import { nowMs } from "../run/clock.ts";
import type { Report } from "../run/messages.ts";
import { FloatList } from "./float-list.ts";

/** A client that has no whole state after this time has failed, ms. */
const PATIENCE_MS = 60_000;
const SWEEP_MS = 250;

/** What comes of it. */
export type StormResult = Omit<Extract<Report, { kind: "connected" }>, "newest">;

/** Clients that come at a pace, and what it takes until each is synced. */
export interface StormOptions {
  readonly rows: readonly number[];
  readonly connecting: Connecting;
  readonly startMs: number;
  readonly open: (row: number) => void;
  readonly onDone: (result: StormResult) => void;
}

/** Opens clients at their pace, and hears when each is synced or has failed. */
export class Storm {
  bytes = 0;
  responses = 0;
  private readonly options: StormOptions;
  private readonly waiting = new Map<number, Attempt>();
  private readonly syncMs = new FloatList();
  private readonly syncedAtMs = new FloatList();
  private next = 0;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly sweep: NodeJS.Timeout;
  private isDone = false;

  constructor(options: StormOptions) {
    this.options = options;
    this.sweep = setInterval(() => this.failOverdue(), SWEEP_MS);
    this.timer = setTimeout(() => this.pump(), Math.max(0, options.startMs - nowMs()));
  }

  /** Whether the row is one that it waits for. */
  has(row: number): boolean {
    return this.waiting.has(row);
  }

  synced(row: number): void {
    const attempt = this.waiting.get(row);
    if (attempt === undefined) return;
    const now = nowMs();
    this.syncMs.push(now - attempt.dueMs);
    this.syncedAtMs.push(now - this.options.startMs);
    this.waiting.delete(row);
    this.pump();
  }

  failed(row: number): void {
    if (!this.waiting.delete(row)) return;
    this.failures += 1;
    this.pump();
  }

  /** Ends it, and tells nothing. */
  stop(): void {
    this.isDone = true;
    clearInterval(this.sweep);
    clearTimeout(this.timer);
  }

  private pump(): void {
    const { rows, connecting, startMs, open, onDone } = this.options;
    const { perSecond, atOnce } = connecting;
    if (this.isDone) return;
    clearTimeout(this.timer);
    while (this.next < rows.length && this.waiting.size < Math.max(1, atOnce)) {
      const now = nowMs();
      const dueMs = perSecond === undefined ? now : startMs + (this.next * 1_000) / perSecond;
      if (dueMs > now) {
        this.timer = setTimeout(() => this.pump(), Math.max(1, dueMs - now));
        return;
      }
      const row = rows[this.next++]!;
      this.waiting.set(row, { dueMs, openedMs: now });
      open(row);
    }
    if (this.next < rows.length || this.waiting.size > 0) return;
    this.stop();
    onDone({
      kind: "connected",
      syncMs: this.syncMs.toArray(),
      syncedAtMs: this.syncedAtMs.toArray(),
      failed: this.failures,
      bytes: this.bytes,
      responses: this.responses,
    });
  }

  private failOverdue(): void {
    const overdue = nowMs() - PATIENCE_MS;
    for (const [row, { openedMs }] of this.waiting) if (openedMs < overdue) this.failed(row);
  }
}

/** A client that is not synced yet. */
interface Attempt {
  /** Its intended time where there is a pace, else when it was opened. */
  readonly dueMs: number;
  readonly openedMs: number;
}
