import { comparePositions, type Position } from "./position.ts";

/** What ended lately: keeps messages that come late from reviving it. */
export interface Tombstones {
  /** The last message of what ended; `undefined`: nothing ended, or so long ago that it is forgotten. */
  get(key: string, nowMs: number): Position | undefined;
  /** Keeps the newest. */
  put(key: string, position: Position, nowMs: number): void;
}

interface Tombstone extends Position {
  readonly untilMs: number;
}

/** Bounded by time and by number; the oldest go first. */
export function createTombstones({ keepMs, max }: { readonly keepMs: number; readonly max: number }): Tombstones {
  const byKey = new Map<string, Tombstone>(); // oldest first, since each lasts equally long
  const forget = (nowMs: number) => {
    for (const [key, { untilMs }] of byKey) {
      if (untilMs > nowMs && byKey.size <= max) return;
      byKey.delete(key);
    }
  };
  return {
    get(key, nowMs) {
      const known = byKey.get(key);
      return known && known.untilMs > nowMs ? known : undefined;
    },
    put(key, { incarnation, sequence }, nowMs) {
      const known = byKey.get(key);
      const newest =
        known && comparePositions(known, { incarnation, sequence }) > 0 ? known : { incarnation, sequence };
      byKey.delete(key);
      byKey.set(key, { incarnation: newest.incarnation, sequence: newest.sequence, untilMs: nowMs + keepMs });
      forget(nowMs);
    },
  };
}
