import {
  canonicalName,
  decode,
  EnvoyApiError,
  encodeDeterministic,
  factsOf,
  isGlob,
  type ResourceFacts,
  type Schema,
  shortNameOf,
  typeNameOf,
  validateMessage,
} from "@fairlead/envoy-api";
import { createResource, type Resource } from "@fairlead/xds";
import type { Config } from "../../config/config.ts";
import type { Fault } from "../../validation/fault.ts";

/** A resource as an upstream gives it. */
export interface Received {
  readonly typeUrl: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly ttlMs: number | undefined;
  readonly value: Uint8Array;
}

/** A received resource as one of ours; `undefined` if one of the faults is an error. */
export interface ReadReceived {
  readonly resource: Resource | undefined;
  readonly faults: readonly Fault[];
}

/** What is not known of a type that the schema lacks. */
const OPAQUE: ResourceFacts = { references: [], warmsSilently: false, isOpaque: true };

/**
 * Reads a resource in the encoding of any server into one that has our encoding, and with it our version: equal content
 * is equal here, whoever encoded it. One of a type that the schema lacks passes as it is.
 */
export function readReceived(schema: Schema, validation: Config["validation"], received: Received): ReadReceived {
  const { typeUrl, aliases, ttlMs } = received;
  const name = canonicalName(received.name);
  const faultOf = (severity: Fault["severity"], rule: string, message: string, pointer = ""): Fault => {
    const at = pointer === "" ? "" : ` at ${pointer}`;
    const what = `${shortNameOf(typeUrl) ?? typeNameOf(typeUrl)} ${JSON.stringify(name)}${at}: ${message}`;
    return { severity, rule, message: what, pointer: "", typeUrl, name };
  };
  if (isGlob(name)) {
    return {
      resource: undefined,
      faults: [faultOf("error", "name.glob", "a collection's name cannot name a resource")],
    };
  }
  const desc = schema.messageOf(typeUrl);
  // Copied: a view would keep the whole response alive.
  if (!desc) {
    const value = new Uint8Array(received.value);
    return { resource: createResource({ typeUrl, name, value, aliases, ttlMs, facts: OPAQUE }), faults: [] };
  }
  try {
    const message = decode(desc, received.value);
    const severity = validation === "error" ? "error" : "warning";
    const violations = validation === "off" ? [] : validateMessage(schema, desc, message);
    const faults = violations.map((broken) => faultOf(severity, broken.rule, broken.message, broken.pointer));
    if (severity === "error" && faults.length > 0) return { resource: undefined, faults };
    const value = encodeDeterministic(schema, desc, message);
    const facts = factsOf(schema, typeUrl, message);
    return { resource: createResource({ typeUrl, name, value, aliases, ttlMs, facts }), faults };
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    const rule = `bytes.${error.code.replaceAll("_", "-")}`;
    return { resource: undefined, faults: [faultOf("error", rule, error.message)] };
  }
}
