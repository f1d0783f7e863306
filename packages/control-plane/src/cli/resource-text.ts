import type { Schema } from "@fairlead/envoy-api";
import type { HeldResource } from "@fairlead/xds";
import { stringify } from "yaml";
import { resourceJson } from "../resources/show.ts";

/** A resource in YAML, without the `@type` that its heading tells. */
export function resourceText(schema: Schema, resource: HeldResource): string {
  const { "@type": _type, ...json } = resourceJson(schema, resource);
  return stringify(json, { lineWidth: 0 }).trimEnd();
}
