import { factsOf, resourceFromJson, type Schema, spellPointer, validateMessage } from "@fairlead/envoy-api";
import { XdsError } from "../errors.ts";
import { createResource } from "./create-resource.ts";
import type { Resource } from "./resource.ts";

/** How strictly `readResource` reads. */
export interface ReadResourceOptions {
  /** Whether what breaks Envoy's own rules (`validate.rules`) is an error. Default: `true`. */
  readonly validate?: boolean;
}

/**
 * Makes a resource of ProtoJSON with `@type`, as in Envoy's documentation, with all that the server needs to know of it:
 * name, deterministic bytes, version, and what it refers to. Also takes `envoy.service.discovery.v3.Resource` around one,
 * for a TTL or aliases.
 *
 * Where every fault is needed as data, call `resourceFromJson`, `validateMessage` and `createResource` instead.
 *
 * @throws XdsError `invalid-resource`: a line per fault, with its JSON pointer and what was expected
 */
export function readResource(schema: Schema, json: unknown, options?: ReadResourceOptions): Resource {
  const read = resourceFromJson(schema, json);
  if (!read.ok) throw invalid(read.name, read.faults);
  const { typeUrl, name, desc, message, pointer } = read;
  const violations = options?.validate === false ? [] : validateMessage(schema, desc, message, { pointer });
  if (violations.length > 0) {
    const spelled = violations.map((violation) => ({
      pointer: spellPointer(json, violation.pointer),
      message: violation.message,
    }));
    throw invalid(name, spelled);
  }
  return createResource({ ...read, facts: factsOf(schema, typeUrl, message) });
}

function invalid(name: string | undefined, faults: readonly { pointer: string; message: string }[]): XdsError {
  const lines = faults.map(({ pointer, message }) => `  ${pointer || "/"}: ${message}`);
  return new XdsError("invalid-resource", [`${name ?? "a resource"} is not valid:`, ...lines].join("\n"));
}
