/** What is remembered of a key, made when it is first asked for; it lives as long as the key. */
export function remember<K extends WeakKey, V>(memory: WeakMap<K, V>, key: K, make: (key: K) => V): V {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make(key);
  memory.set(key, made);
  return made;
}
