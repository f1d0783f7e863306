import { NO_FACTS, type ResourceFacts } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";

/** A stand-in for content that only the client has: never sent, but it can be retained and removed. */
export function bodiless(typeUrl: string, name: string, version: string): Resource {
  return { typeUrl, name, version, value: new Uint8Array(0), aliases: [], ttlMs: undefined, facts: UNKNOWN };
}

/** Whether a resource is a stand-in, whose content this server does not know. */
export function isBodiless({ facts }: Resource): boolean {
  return facts === UNKNOWN;
}

const UNKNOWN: ResourceFacts = { ...NO_FACTS, isOpaque: true };
