import {
  EnvoyApiError,
  factsOf,
  resourceFromJson,
  type Schema,
  spellPointer,
  validateMessage,
} from "@fairlead/envoy-api";
import { createResource, type Resource } from "@fairlead/xds";
import type { Config } from "../config/config.ts";
import type { Fault } from "../validation/fault.ts";

/** Less would be heartbeats without end, and gone at the first hiccup. */
const MIN_TTL_MS = 1_000;

/** A resource read from JSON, or why there is none; a fault's pointer starts at the resource's own JSON. */
export interface ParsedResource {
  /** `undefined` if one of the faults is an error. */
  readonly resource: Resource | undefined;
  /** From the given JSON to the resource in it: `"/resource"` for one in a wrapper. */
  readonly inner: string;
  readonly faults: readonly Fault[];
}

/** Reads one resource, or one in Envoy's wrapper `envoy.service.discovery.v3.Resource`, from JSON. */
export type ParseResource = (json: unknown) => ParsedResource;

/**
 * Makes a function that reads resources by a schema.
 *
 * @param validation whether what breaks Envoy's `validate.rules` is an error, a warning, or not looked for
 */
export function resourceParser(schema: Schema, validation: Config["validation"]): ParseResource {
  return (json) => {
    try {
      return parseResource(schema, validation, json);
    } catch (error) {
      if (!(error instanceof EnvoyApiError)) throw error;
      const { code, message } = error;
      return {
        resource: undefined,
        inner: "",
        faults: [{ severity: "error", rule: ruleOf(code), message, pointer: "" }],
      };
    }
  };
}

function parseResource(schema: Schema, validation: Config["validation"], json: unknown): ParsedResource {
  const read = resourceFromJson(schema, json);
  if (!read.ok) {
    const of = identityOf(read.typeUrl, read.name);
    const faults = read.faults.map(({ pointer, code, message }): Fault => {
      return { severity: "error", rule: ruleOf(code), message, pointer, ...of };
    });
    return { resource: undefined, inner: "", faults };
  }
  const { typeUrl, name, value, aliases, ttlMs, constraints, desc, message, pointer: inner } = read;
  if (ttlMs !== undefined && ttlMs < MIN_TTL_MS) {
    const text = `a ttl of ${ttlMs} ms is too short: heartbeats come at half of it. Give it at least ${MIN_TTL_MS} ms`;
    const fault: Fault = { severity: "error", rule: "ttl.too-short", message: text, pointer: "/ttl", typeUrl, name };
    return { resource: undefined, inner, faults: [fault] };
  }
  const severity = validation === "error" ? "error" : "warning";
  const violations = validation === "off" ? [] : validateMessage(schema, desc, message, { pointer: inner });
  const faults = violations.map((violation): Fault => {
    const pointer = spellPointer(json, violation.pointer);
    return { severity, rule: violation.rule, message: violation.message, pointer, typeUrl, name };
  });
  if (severity === "error" && faults.length > 0) return { resource: undefined, inner, faults };
  const facts = factsOf(schema, typeUrl, message);
  const resource = createResource({
    typeUrl,
    name,
    value,
    aliases,
    constraints,
    ...(ttlMs === undefined ? {} : { ttlMs }),
    facts,
  });
  return { resource, inner, faults };
}

function ruleOf(code: string): string {
  return `json.${code.replaceAll("_", "-")}`;
}

function identityOf(typeUrl: string | undefined, name: string | undefined): Pick<Fault, "typeUrl" | "name"> {
  return { ...(typeUrl === undefined ? {} : { typeUrl }), ...(name === undefined ? {} : { name }) };
}
