/** A small seeded generator (splitmix32): the same seed gives the same cases, on every machine. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  /** True with that probability. */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** A generator from a 32-bit seed. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const int = (below: number): number => Math.floor((next() / 2 ** 32) * below);
  return {
    seed,
    int,
    chance: (probability) => next() / 2 ** 32 < probability,
    pick: (from) => from[int(from.length)] as (typeof from)[number],
    bytes: (length) => {
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length; at++) bytes[at] = next();
      return bytes;
    },
  };
}

/** A seed that differs on every run; print it, so that a failure can be repeated. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
