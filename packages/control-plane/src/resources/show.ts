import { EnvoyApiError, resourceToJson, type Schema } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import { redactJson } from "./redact.ts";

/** A resource in ProtoJSON, without secrets; for one that the schema does not know, its size. */
export function resourceJson(schema: Schema, { typeUrl, value }: Pick<Resource, "typeUrl" | "value">) {
  try {
    return redactJson(schema, resourceToJson(schema, typeUrl, value));
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    return { "@type": typeUrl, "(unreadable)": `${value.length} bytes: ${error.message}` };
  }
}
