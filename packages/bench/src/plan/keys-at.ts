import { z } from "zod";
import { planSchema } from "./schema.ts";

/** The settings that the schema knows at a path; of a scenario or driver, those of its kind. */
export function keysAt(path: readonly PropertyKey[], raw: unknown): string[] {
  let schema: unknown = planSchema;
  let value = raw;
  for (const key of path) {
    const inner = bare(schema, value);
    value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
    if (inner instanceof z.ZodObject) schema = inner.shape[String(key)];
    else if (inner instanceof z.ZodArray) schema = inner.element;
  }
  const found = bare(schema, value);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** Without defaults and preparation; of a union the one that the value's `kind` chooses. */
function bare(schema: unknown, value: unknown): unknown {
  let inner = schema;
  for (;;) {
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault || inner instanceof z.ZodDefault) {
      inner = inner.unwrap();
    } else if (inner instanceof z.ZodPipe) inner = inner.out;
    else if (inner instanceof z.ZodDiscriminatedUnion) {
      const { kind } = (value ?? {}) as { kind?: unknown };
      inner = inner.options.find((one) => one instanceof z.ZodObject && one.shape.kind.safeParse(kind).success);
    } else return inner;
  }
}
