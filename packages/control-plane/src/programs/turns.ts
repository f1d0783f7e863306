/** Runs work when it has its turn. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Turns of which only so many are taken at a time; the rest wait in the order in which they came. */
export function createTurns(count: number): Turns {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next)
        next(); // a turn is handed on, so that nobody who comes just now takes it
      else free++;
    }
  };
}
