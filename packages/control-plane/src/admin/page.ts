/** One page of a list that is ordered by `key`. */
export interface PageOf<T> {
  readonly items: readonly T[];
  /** What to ask for next; `undefined`: this was the last page. */
  readonly next: string | undefined;
}

/** What was asked: how many, after which key. */
export interface PageRequest {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Sorts by key and cuts out one page. Keys must be unique, or entries of one key may be lost between pages. */
export function pageOf<T>(all: Iterable<T>, keyOf: (item: T) => string, { limit, after }: PageRequest): PageOf<T> {
  const keyed: (readonly [string, T])[] = [];
  for (const item of all) {
    const key = keyOf(item);
    if (after === undefined || key > after) keyed.push([key, item]);
  }
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const page = keyed.slice(0, limit);
  return { items: page.map(([, item]) => item), next: keyed.length > limit ? page.at(-1)?.[0] : undefined };
}
