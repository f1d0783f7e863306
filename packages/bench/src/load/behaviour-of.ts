import type { Behaviour, Population } from "../plan/plan.ts";

/**
 * What client `client` is like: shares are spread evenly over the numbers, so that every stretch of clients has its part of
 * each, and always the same ones.
 *
 * A client of share s comes whenever s × (number + 1) passes the next whole number; where several do, the one furthest behind.
 */
export function behavioursOf(population: readonly Population[], clients: number): Behaviour[] {
  const given = new Float64Array(population.length);
  return Array.from({ length: clients }, (_, client) => {
    let best = 0;
    let most = -Infinity;
    population.forEach(({ share }, at) => {
      const owed = share * (client + 1) - given[at]!;
      if (owed > most + 1e-9) {
        most = owed;
        best = at;
      }
    });
    given[best]! += 1;
    return population[best]?.behaviour ?? { kind: "healthy" };
  });
}
