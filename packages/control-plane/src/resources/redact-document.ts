import type { JsonObject } from "@bufbuild/protobuf";
import { type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import type { Document, Json } from "../store/store.ts";
import { redactJson } from "./redact.ts";

/** What parts of a service's settings, or of a group's template, are patches of. */
const TYPE_URL_BY_PART: Readonly<Record<string, string>> = {
  cluster: TYPE_URLS.cluster,
  listener: TYPE_URLS.listener,
  routes: TYPE_URLS.routes,
  endpoints: TYPE_URLS.endpoints,
};

/** What a document holds, without the secrets in its patches of resources. */
export function redactDocument(schema: Schema, { key, value }: Document): Json {
  if (!/^(?:services|templates)\//.test(key)) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([part, patch]) => [part, redactPatch(schema, TYPE_URL_BY_PART[part], patch)]),
  );
}

function redactPatch(schema: Schema, typeUrl: string | undefined, patch: Json): Json {
  if (typeUrl === undefined || typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const { "@type": _, ...redacted } = redactJson(schema, { "@type": typeUrl, ...patch } as JsonObject);
  return redacted as Json;
}
