import type { Decision, Entry, Wish } from "./entry.ts";

/** Nobody waits for it. */
export const NOBODY: readonly object[] = [];

/** What is to be written, until it is taken. */
export interface Wishes {
  /** Entries that wait. */
  readonly size: number;
  /** Replaces what was to be written of the entry; whoever waited for that must be among those who wait now. */
  put(entry: Entry, wish: Wish): void;
  /** That it is heard, or silent: unless what is to be written says as much, or more. */
  mark(entry: Entry, isHealthy: boolean): void;
  /** Has wishes under way, at most so many, and returns their entries. `unwished` are those of which nothing is to be written any more. */
  depart(max: number, unwished: (entry: Entry) => void): readonly Entry[];
}

/** None yet. */
export function createWishes(): Wishes {
  const dirty = new Set<Entry>();

  const put = (entry: Entry, wish: Wish) => {
    entry.wish = wish;
    dirty.add(entry);
  };

  return {
    put,
    mark(entry, isHealthy) {
      const wished = entry.wish ?? entry.flight;
      if (asDecision(wished)) return;
      if (wished?.kind === "mark" && wished.isHealthy === isHealthy) return;
      if (wished?.kind === "remove" && (wished === entry.flight || !isHealthy)) return;
      put(entry, { kind: "mark", isHealthy, waiting: NOBODY });
    },
    depart(max, unwished) {
      const departed: Entry[] = [];
      for (const entry of dirty) {
        if (departed.length >= max) break;
        dirty.delete(entry);
        const { wish } = entry;
        entry.wish = undefined;
        if (!wish || (wish.kind === "mark" && !entry.stored)) {
          unwished(entry);
          continue;
        }
        entry.flight = wish;
        departed.push(entry);
      }
      return departed;
    },
    get size() {
      return dirty.size;
    },
  };
}

/** The wish, if it says what the instance is. That it expired is no message. */
export function asDecision(wished: Wish | undefined): Decision | undefined {
  if (wished === undefined || wished.kind === "mark") return undefined;
  return wished.kind === "put" || wished.why === "deregistered" ? wished : undefined;
}

/** The newest message that says what it is, if the store does not have it yet. */
export function decided({ wish, flight }: Entry): Decision | undefined {
  return asDecision(wish) ?? asDecision(flight);
}

/** Whether it is to be written that its heartbeats ceased. */
export function isExpiry(wished: Wish | undefined): boolean {
  return wished?.kind === "mark" ? !wished.isHealthy : wished?.kind === "remove" && wished.why === "expired";
}

/** Whether it counts as healthy: as is to be written, else as the store has it. */
export function isHealthy(entry: Entry): boolean {
  const wished = entry.wish ?? entry.flight;
  if (wished?.kind === "mark") return wished.isHealthy;
  return wished?.kind === "put" || entry.stored?.isHealthy !== false;
}

/** One more waits for the newest decision, which there is. */
export function join(entry: Entry, askers: readonly object[]): void {
  const isNext = asDecision(entry.wish) !== undefined;
  const wished = (isNext ? entry.wish : entry.flight)!;
  const joined = { ...wished, waiting: [...wished.waiting, ...askers] };
  if (isNext) entry.wish = joined;
  else entry.flight = joined;
}
