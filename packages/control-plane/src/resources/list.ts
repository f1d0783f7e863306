import { resourceToJson, type Schema } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import type { Entry, GroupState, Owner } from "../store/store.ts";

/** Which resources of a group are meant; what is absent does not restrict. */
export interface ResourceFilter {
  readonly typeUrl?: string | undefined;
  readonly name?: string | undefined;
  readonly owner?: Owner | undefined;
}

/** The entries of a group that a filter lets through, by type URL and name. Costs what it finds, given type and name. */
export function listEntries(group: GroupState, { typeUrl, name, owner }: ResourceFilter = {}): Entry[] {
  const typeUrls = typeUrl === undefined ? [...group.types.keys()].sort() : [typeUrl];
  return typeUrls.flatMap((url) => {
    const entries = group.types.get(url);
    const named = name === undefined ? [...(entries?.values() ?? [])] : [entries?.get(name)];
    return named
      .filter((entry) => entry !== undefined)
      .filter((entry) => owner === undefined || entry.owner === owner)
      .sort((a, b) => (a.resource.name < b.resource.name ? -1 : 1));
  });
}

/**
 * A resource as the API takes it: ProtoJSON with `@type`, in Envoy's `Resource` wrapper where a name, aliases or ttl of
 * its own would be lost.
 *
 * @throws EnvoyApiError if the schema can't read it
 */
export function toResourceJson(schema: Schema, resource: Resource): { readonly [field: string]: unknown } {
  const json: { readonly [field: string]: unknown } = resourceToJson(schema, resource.typeUrl, resource.value);
  const { name, aliases, ttlMs } = resource;
  const ownName = json.name ?? json.clusterName;
  if (ownName === name && aliases.length === 0 && ttlMs === undefined) return json;
  return {
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    name,
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(ttlMs === undefined ? {} : { ttl: `${ttlMs / 1_000}s` }),
    resource: json,
  };
}
