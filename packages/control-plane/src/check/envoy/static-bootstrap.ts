import { resourceToJson, type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import { connectionParts, XDS_CLUSTER } from "../../cli/envoy-bootstrap.ts";
import type { Entry } from "../../store/store.ts";

type Json = { readonly [field: string]: unknown };

/** Types of which Envoy can be asked: a bootstrap can hold them, or something around them. */
export const ASKABLE: readonly string[] = [
  TYPE_URLS.secret,
  TYPE_URLS.cluster,
  TYPE_URLS.endpoints,
  TYPE_URLS.routes,
  TYPE_URLS.listener,
];

const HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

/** Nothing is connected to it: Envoy only looks whether it could be. */
const NOWHERE = { host: "127.0.0.1", port: 1 };

/**
 * A bootstrap that holds resources, so that Envoy looks at them when it starts: clusters, listeners and secrets as they
 * are, endpoints and routes in a cluster and a listener made for them. What comes over ADS or from a control plane's
 * cluster is as it would be there.
 */
export function staticBootstrap(schema: Schema, entries: readonly Entry[]): Json {
  const parts: Record<"secrets" | "clusters" | "listeners", Json[]> = { secrets: [], clusters: [], listeners: [] };
  for (const [index, { resource }] of entries.entries()) {
    const { "@type": type, ...json } = resourceToJson(schema, resource.typeUrl, resource.value);
    if (type === TYPE_URLS.secret) parts.secrets.push(json);
    if (type === TYPE_URLS.cluster) parts.clusters.push(json);
    if (type === TYPE_URLS.listener) parts.listeners.push(json);
    if (type === TYPE_URLS.endpoints) parts.clusters.push(clusterWith(json, index));
    if (type === TYPE_URLS.routes) parts.listeners.push(listenerWith(json, index));
  }
  const { dynamic_resources, cluster } = connectionParts({ mode: "ads", xds: NOWHERE });
  const named = new Set(parts.clusters.map(({ name }) => name));
  const missing = configSourceClusters(entries).filter((name) => !named.has(name));
  const stubs = [...new Set([XDS_CLUSTER, ...missing])].map((name) => ({ ...cluster, name }));
  return {
    node: { id: "fairlead-check", cluster: "fairlead-check" },
    dynamic_resources: { ads_config: dynamic_resources.ads_config },
    static_resources: { ...parts, clusters: [...parts.clusters, ...stubs] },
  };
}

/** Clusters through which resources ask a control plane: they are in the bootstrap of whoever does. */
function configSourceClusters(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ resource }) =>
    resource.facts.references
      .filter(({ typeUrl, pointer }) => typeUrl === TYPE_URLS.cluster && pointer.includes("/apiConfigSource/"))
      .map(({ name }) => name),
  );
}

function clusterWith(assignment: Json, index: number): Json {
  return { name: `fairlead-check-endpoints-${index}`, type: "STATIC", load_assignment: assignment };
}

function listenerWith(routes: Json, index: number): Json {
  // By RDS, Envoy takes routes to clusters that are not there; inside a listener only where told so.
  const { validateClusters = false, ...rest } = routes;
  const manager = {
    "@type": HTTP,
    stat_prefix: "check",
    route_config: { ...rest, validateClusters },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: { "@type": ROUTER } }],
  };
  return {
    name: `fairlead-check-routes-${index}`,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
  };
}
