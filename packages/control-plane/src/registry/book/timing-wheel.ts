import type { Entry } from "./entry.ts";

/**
 * Tells when entries are due, for all with one timer. A heartbeat does not touch it: an entry whose time has moved on is put
 * further on when its slot comes up, so that each costs one move in its TTL, however often it beats.
 */
export interface TimingWheel {
  /** Looks at the entry at that time, or a little later; if it is in already, at the earlier of both. */
  add(entry: Entry, dueAtMs: number): void;
  remove(entry: Entry): void;
  /** Takes out what is to be looked at by now, and passes it on. */
  advance(nowMs: number, due: (entry: Entry) => void): void;
}

/** Slots: what is due later than a round is looked at after a round, and put in again. */
const SLOTS = 1_024;

/** @param tickMs how exact it is */
export function createTimingWheel(tickMs: number, nowMs: number): TimingWheel {
  const slots: (Entry | undefined)[] = new Array(SLOTS).fill(undefined);
  let current = Math.floor(nowMs / tickMs);

  const remove = (entry: Entry) => {
    if (entry.tick < 0) return;
    if (entry.previous) entry.previous.next = entry.next;
    else slots[entry.tick % SLOTS] = entry.next;
    if (entry.next) entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.tick = -1;
  };

  return {
    add(entry, dueAtMs) {
      const tick = Math.min(Math.max(Math.ceil(dueAtMs / tickMs), current + 1), current + SLOTS);
      if (entry.tick >= 0) {
        if (entry.tick <= tick) return;
        remove(entry);
      }
      const first = slots[tick % SLOTS];
      entry.tick = tick;
      entry.next = first;
      if (first) first.previous = entry;
      slots[tick % SLOTS] = entry;
    },
    remove,
    advance(nowMs, due) {
      const last = Math.floor(nowMs / tickMs);
      // After a long absence one round sees everything.
      let tick = Math.max(current + 1, last - SLOTS + 1);
      current = Math.max(current, last);
      for (; tick <= last; tick++) {
        const slot = tick % SLOTS;
        let entry = slots[slot];
        slots[slot] = undefined;
        while (entry) {
          const { next } = entry;
          entry.previous = undefined;
          entry.next = undefined;
          entry.tick = -1;
          due(entry);
          entry = next;
        }
      }
    },
  };
}
