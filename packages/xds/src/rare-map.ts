/**
 * A map in which there is nothing nearly always: then it is {@link NO_ENTRIES}, one for all. An empty `Map` takes 200 bytes, and
 * dozens of such describe a client.
 */
export interface RareMap<K, V> extends ReadonlyMap<K, V> {
  delete(key: K): boolean;
  clear(): void;
}

/** The map without entries. Nothing can be added to it: what holds it holds another from then on. */
export const NO_ENTRIES: RareMap<never, never> = new Map<never, never>();

/** The map with that entry: the same object, unless it had none. */
export function withEntry<K, V>(map: RareMap<K, V>, key: K, value: V): RareMap<K, V> {
  if ((map as RareMap<unknown, unknown>) === NO_ENTRIES) return new Map([[key, value]]);
  return (map as Map<K, V>).set(key, value);
}
