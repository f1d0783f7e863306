import { formatAddress } from "./address.ts";
import type { Plan } from "./plan.ts";

/** What a run is called: as its plan says, or else by what happens, and to whom. */
export function titleOf({ name, scenario, target }: Pick<Plan, "name" | "scenario" | "target">): string {
  return name ?? `${scenario.kind} ${formatAddress(target)}`;
}
