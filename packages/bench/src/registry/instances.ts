import type { RegistryPlan } from "./plan.ts";

/** The instances of a run, by number. */
export interface Instances {
  serviceOf(instance: number): string;
  idOf(instance: number): string;
  addressOf(instance: number): string;
  /** One life for all. */
  readonly incarnation: number;
  /** Long enough that none is lost while the load tester is late. */
  readonly ttlMs: number;
}

/** The port of all; nothing listens there. */
export const PORT = 8080;
/** A TTL of so many intervals, and no less than {@link MIN_TTL_MS}. */
const TTL_INTERVALS = 5;
const MIN_TTL_MS = 30_000;

/** Names and addresses: `bench-3/i-1003` at 10.0.3.235. */
export function createInstances({ services, intervalMs }: RegistryPlan): Instances {
  return {
    serviceOf: (instance) => `bench-${instance % services}`,
    idOf: (instance) => `i-${instance}`,
    addressOf: (instance) => `10.${(instance >> 16) & 255}.${(instance >> 8) & 255}.${instance & 255}`,
    incarnation: Date.now(),
    ttlMs: Math.max(MIN_TTL_MS, TTL_INTERVALS * intervalMs),
  };
}
