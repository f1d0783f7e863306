import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { remember } from "../remember.ts";

/** The names under which a cluster's endpoints are asked for over this server. */
export function endpointsNames(cluster: Resource): readonly string[] {
  return remember(names, cluster, () =>
    cluster.facts.references.flatMap(({ typeUrl, name }) => (typeUrl === TYPE_URLS.endpoints ? name : [])),
  );
}

const names = new WeakMap<Resource, readonly string[]>();

/** Clusters by the name of their endpoints, which several may share; found once for all clients that have that list in common. */
export function byEndpoints(clusters: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  return remember(lists, clusters, group);
}

const lists = new WeakMap<readonly Resource[], ReadonlyMap<string, readonly string[]>>();

function group(clusters: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  const clustersByEndpoints = new Map<string, string[]>();
  for (const cluster of clusters) {
    for (const name of endpointsNames(cluster)) {
      const known = clustersByEndpoints.get(name);
      if (known) known.push(cluster.name);
      else clustersByEndpoints.set(name, [cluster.name]);
    }
  }
  return clustersByEndpoints;
}
