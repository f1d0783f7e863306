import type { Plan, Workload } from "../../src/plan/plan.ts";
import { planWith } from "./plan.ts";

/** A plan for generators: what a test says, of the workload too, and the plainest of everything else. */
export function loadPlan(said: Partial<Omit<Plan, "workload">> & { readonly workload?: Partial<Workload> } = {}): Plan {
  const { workload, ...plan } = said;
  return planWith({ ...plan, workload: { ...planWith({}).workload, count: 5, endpoints: 3, ...workload } });
}
