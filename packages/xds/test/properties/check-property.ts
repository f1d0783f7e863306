import type { TestContext } from "node:test";
import fc from "fast-check";
import { type Event, events } from "./events.ts";
import { type Setup, Simulation } from "./simulation.ts";

/** Multiplies the number of runs, for a longer search. */
const FACTOR = Number(process.env.FAIRLEAD_PROPERTY_FACTOR ?? 1);
/** The seed to repeat, as a failure prints it. */
const SEED = process.env.FAIRLEAD_PROPERTY_SEED;
const FIXED_SEEDS = [20_261_122, 102_902_639];

/**
 * Tries a simulation with many lists of events: those of a fixed seed and of a random one, which is told; under `CI` of
 * two fixed ones, since a search that finds something new is no verdict on the change at hand. A failure tells the
 * shortest list found and what happened in it, message by message.
 */
export function checkProperty(
  test: TestContext,
  setup: Setup,
  runs: number,
  body: (simulation: Simulation, events: readonly Event[]) => void,
): void {
  const seeds = SEED === undefined ? seedsToTry() : [Number(SEED)];
  test.diagnostic(`seeds ${seeds.join(", ")}`);
  for (const seed of seeds) {
    const property = fc.property(events, (list) => body(new Simulation(setup), list));
    const result = fc.check(property, {
      seed,
      numRuns: Math.ceil((runs * FACTOR) / seeds.length),
      endOnFailure: false,
    });
    if (result.failed) throw new Error(tell(setup, result.counterexample![0], seed, body));
  }
}

function seedsToTry(): readonly number[] {
  if (process.env.CI === "true") return FIXED_SEEDS;
  return [FIXED_SEEDS[0]!, Math.floor(Math.random() * 2 ** 31)];
}

function tell(
  setup: Setup,
  list: readonly Event[],
  seed: number,
  body: (simulation: Simulation, events: readonly Event[]) => void,
): string {
  const simulation = new Simulation(setup, true);
  const { mode, isAggregated } = setup;
  let failure: unknown = "(it does not fail again)";
  try {
    body(simulation, list);
  } catch (error) {
    failure = error;
  }
  const message = failure instanceof Error ? `${failure.message}\n${failure.stack}` : String(failure);
  const title = `${mode} ${isAggregated ? "ADS" : "per type"}, seed ${seed}`;
  return `${title}\n${simulation.trace!.join("\n")}\n${message}`;
}
