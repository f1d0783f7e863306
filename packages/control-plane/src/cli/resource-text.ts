import { EnvoyApiError, resourceToJson, type Schema } from "@fairlead/envoy-api";
import type { HeldResource } from "@fairlead/xds";
import { stringify } from "yaml";
import { redactJson } from "../resources/redact.ts";

/** A resource in ProtoJSON, without secrets; for one that the schema does not know, its size. */
export function resourceJson(schema: Schema, { typeUrl, value }: HeldResource): Record<string, unknown> {
  try {
    return redactJson(schema, resourceToJson(schema, typeUrl, value));
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    return { "@type": typeUrl, "(unreadable)": `${value.length} bytes: ${error.message}` };
  }
}

/** A resource in YAML, without the `@type` that its heading tells. */
export function resourceText(schema: Schema, resource: HeldResource): string {
  const { "@type": _type, ...json } = resourceJson(schema, resource);
  return stringify(json, { lineWidth: 0 }).trimEnd();
}
