import { isDeepStrictEqual } from "node:util";
import { BenchError } from "../errors.ts";
import { type Capacity, planCapacity } from "./capacity.ts";
import { type Checked, checkCosts } from "./check.ts";
import { type Costs, fitCosts } from "./costs.ts";
import { type Demand, type DemandFlags, readDemand } from "./demand.ts";
import { formatCapacity, formatChecked, unknownOf } from "./format.ts";
import { type Measurement, mergeRounds } from "./measurement.ts";

/** What `fairlead bench plan` says. */
export interface CapacityReport {
  readonly format: "fairlead-capacity-plan";
  readonly formatVersion: 1;
  readonly demand: Demand;
  readonly costs: Costs;
  readonly capacity: Capacity;
  readonly unknown: readonly string[];
  readonly check?: Checked;
}

/** What a plan is made of. */
export interface CapacityOptions {
  readonly measurements: readonly Measurement[];
  /** Names of those that costs are found from; left out: all. */
  readonly fit?: readonly string[];
  /** What the costs are checked against. */
  readonly others?: readonly Measurement[];
}

/**
 * A capacity plan for what the flags ask for, by what was measured.
 *
 * @throws BenchError `bad-plan`: a flag is wrong, or a measurement is missing
 */
export function planFor(flags: DemandFlags, { measurements, fit, others }: CapacityOptions): CapacityReport {
  const demand = readDemand(flags);
  const used = mergeRounds(fit ? chosenOf(measurements, fit) : measurements);
  const costs = fitCosts(used, demand.isTls);
  const capacity = planCapacity(costs, demand);
  return {
    format: "fairlead-capacity-plan",
    formatVersion: 1,
    demand,
    costs,
    capacity,
    unknown: unknownOf(costs, demand),
    ...(others && {
      check: checkCosts(
        costs,
        mergeRounds(others).filter((one) => !used.some((fitted) => isDeepStrictEqual(one, fitted))),
      ),
    }),
  };
}

/** For people. */
export function formatCapacityReport({ demand, costs, capacity, check }: CapacityReport): string {
  return formatCapacity(costs, demand, capacity) + (check ? `\n${formatChecked(check)}` : "");
}

function chosenOf(measurements: readonly Measurement[], names: readonly string[]): readonly Measurement[] {
  const unknown = names.filter((name) => !measurements.some((one) => one.name === name));
  if (unknown.length > 0) {
    const known = [...new Set(measurements.map(({ name }) => name))].join(", ");
    throw new BenchError("bad-plan", `--fit: there is no measurement ${unknown.join(", ")}; there are ${known}`);
  }
  return measurements.filter(({ name }) => names.includes(name));
}
