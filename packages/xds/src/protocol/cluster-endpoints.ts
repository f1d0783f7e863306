import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import type { TypeSnapshot } from "../cache/snapshot.ts";
import { remember } from "../remember.ts";
import type { View } from "./view.ts";

/** The names under which a cluster's endpoints are asked for over this server. */
export function endpointsNames(cluster: Resource): readonly string[] {
  return remember(names, cluster, () =>
    cluster.facts.references.flatMap(({ typeUrl, name }) => (typeUrl === TYPE_URLS.endpoints ? name : [])),
  );
}

const names = new WeakMap<Resource, readonly string[]>();

/** Clusters by the name of their endpoints, which several may share; found once for all clients that have that list in common. */
export function byEndpoints(clusters: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  return remember(ofLists, clusters, group);
}

const ofLists = new WeakMap<readonly Resource[], ReadonlyMap<string, readonly string[]>>();

/**
 * The clusters of a view that take endpoints of that name.
 *
 * Cost: all clusters of a snapshot, once for all of its clients; then what this client sees otherwise.
 */
export function takersOf(endpoints: string, { base, overlay }: View): readonly string[] {
  const takers = remember(ofSnapshots, base, ({ resources }) => group(resources.values())).get(endpoints) ?? NONE;
  if (overlay.size === 0) return takers;
  const others = [...overlay].flatMap(([name, cluster]) =>
    cluster && endpointsNames(cluster).includes(endpoints) ? name : [],
  );
  return [...takers.filter((name) => !overlay.has(name)), ...others];
}

const ofSnapshots = new WeakMap<TypeSnapshot, ReadonlyMap<string, readonly string[]>>();
const NONE: readonly never[] = [];

function group(clusters: Iterable<Resource>): ReadonlyMap<string, readonly string[]> {
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
