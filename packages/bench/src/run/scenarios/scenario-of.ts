import type { Scenario } from "../../plan/plan.ts";

/** The scenario of that kind. */
export type ScenarioOf<Kind extends Scenario["kind"]> = Extract<Scenario, { readonly kind: Kind }>;
