import { planJsonSchema } from "../src/plan/json-schema.ts";

/** Renders docs/bench-plan.schema.json: what a plan's file may say. */
export function renderPlanSchema(): string {
  return `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
}
