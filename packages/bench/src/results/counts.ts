import type { Counts } from "../run/messages.ts";

/** Nothing came and went. */
export const NO_COUNTS: Counts = {
  pushes: 0,
  acks: 0,
  nacks: 0,
  bytesIn: 0,
  bytesOut: 0,
  unchanged: 0,
  resentAfterNack: 0,
  reordered: 0,
  ended: 0,
  reconnected: 0,
  malformed: 0,
};

/** Field by field. */
export function addCounts(a: Counts, b: Counts): Counts {
  return combine(a, b, (x, y) => x + y);
}

/** From `a` to `b`, of which a share (0 to 1) is over. */
export function mixCounts(a: Counts, b: Counts, share: number): Counts {
  return combine(a, b, (x, y) => x + share * (y - x));
}

/** What is wrong counts from the first connection to the last: no warm-up excuses a lost update. */
export function withFaultsOf(whole: Counts, part: Counts): Counts {
  const { unchanged, resentAfterNack, reordered, ended, reconnected, malformed } = whole;
  return { ...part, unchanged, resentAfterNack, reordered, ended, reconnected, malformed };
}

function combine(a: Counts, b: Counts, by: (x: number, y: number) => number): Counts {
  const names = Object.keys(NO_COUNTS) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, by(a[name], b[name])])) as unknown as Counts;
}
