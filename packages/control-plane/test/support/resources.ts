import { NO_FACTS, type ResourceFacts, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource, type Resource } from "@fairlead/xds";
import type { Entry, Owner } from "../../src/store/store.ts";

/** A resource whose content is a text: the store does not look inside. */
export function resource(
  typeUrl: string,
  name: string,
  content = "",
  references: ResourceFacts["references"] = [],
): Resource {
  const value = new TextEncoder().encode(JSON.stringify([name, content, references]));
  return createResource({ typeUrl, name, value, facts: { ...NO_FACTS, references } });
}

/** A cluster of that name and content, defined by an owner. */
export function entry(owner: Owner, name: string, content = "", typeUrl: string = TYPE_URLS.cluster): Entry {
  const place = { file: undefined, pointer: `/resources/${name}`, line: undefined, column: undefined };
  return { owner, place, resource: resource(typeUrl, name, content) };
}

/** A static cluster as JSON. */
export function cluster(name: string, connectTimeout = "5s"): { readonly [field: string]: unknown } {
  return { "@type": TYPE_URLS.cluster, name, connect_timeout: connectTimeout };
}

/** The text of a resource file. */
export function fileOf(...resources: readonly unknown[]): string {
  return `${JSON.stringify({ resources }, undefined, 1)}\n`;
}
