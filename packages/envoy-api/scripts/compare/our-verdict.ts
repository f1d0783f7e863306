import type { Fault } from "../../src/json/fault.ts";
import { resourceFromJson } from "../../src/resource-from-json.ts";
import type { Schema } from "../../src/schema.ts";
import { type Violation, validateMessage } from "../../src/validate-message.ts";
import type { Json } from "./json.ts";

/** What we have against a resource: nothing, if it is fine. */
export interface OurVerdict {
  readonly faults: readonly Fault[];
  readonly violations: readonly Violation[];
}

/** Reads a resource and checks its rules, as the server does with a file. */
export function ourVerdict(schema: Schema, resource: Json): OurVerdict {
  const read = resourceFromJson(schema, resource);
  if (!read.ok) return { faults: read.faults, violations: [] };
  return { faults: [], violations: validateMessage(schema, read.desc, read.message) };
}

/** True where we have nothing against it. */
export function isFine({ faults, violations }: OurVerdict): boolean {
  return faults.length === 0 && violations.length === 0;
}
