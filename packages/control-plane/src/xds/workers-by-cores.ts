import { availableParallelism } from "node:os";

/** The most worker threads that may be asked for. */
export const MOST_WORKERS = 64;
/** More do not help by themselves: the engine's thread is what is busy then. */
const MOST_BY_CORES = 4;

/**
 * How many worker threads go with so many cores: one core is left to the engine's thread, and on one core everything is
 * in that thread. Default: the cores that this process may use, by its affinity and its cgroup.
 */
export function workersByCores(cores = availableParallelism()): number {
  return Math.min(MOST_BY_CORES, cores - 1);
}
