import { z } from "zod";
import { planSchema } from "./schema.ts";

/** The JSON schema of a plan's file (docs/bench-plan.schema.json), for editors and generators. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(planSchema, {
    io: "input",
    override({ jsonSchema }) {
      // `driver: none` for `driver: { kind: none }`.
      const { shorthand, ...rest } = jsonSchema as { shorthand?: object };
      if (shorthand === undefined) return;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
      const { description, default: fallback, ...long } = rest as Record<string, unknown>;
      Object.assign(jsonSchema, {
        ...(description !== undefined && { description }),
        ...(fallback !== undefined && { default: fallback }),
        anyOf: [shorthand, long],
      });
    },
  });
  const required = ["target"];
  return { ...schema, title: "Plan of fairlead bench", required };
}
