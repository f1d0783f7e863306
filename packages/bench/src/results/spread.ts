/**
 * A bounded sample that is spread evenly over all that was offered, however many come: when it is full, every other one goes,
 * and from then on only every second, fourth, … is taken.
 */
export interface Spread<T> {
  offer(item: T): void;
  /** In order, at most `limit`. */
  readonly items: readonly T[];
}

/** Begins a sample of at most `limit` (an even number) items. */
export function createSpread<T>(limit: number): Spread<T> {
  let items: T[] = [];
  let stride = 1;
  let offered = 0;
  return {
    offer(item) {
      const number = offered++;
      if (number % stride !== 0) return;
      if (items.length === limit) {
        items = items.filter((_, index) => index % 2 === 0);
        stride *= 2;
        if (number % stride !== 0) return;
      }
      items.push(item);
    },
    get items() {
      return items;
    },
  };
}
