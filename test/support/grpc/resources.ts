import type { Resource, Target } from "../resources.ts";

const TYPES = "type.googleapis.com";
const EXTENSIONS = `${TYPES}/envoy.extensions`;
const ADS = { ads: {}, resource_api_version: "V3" };

/** One locality of a cluster: its weight among those of its priority, and its endpoints. */
export interface Locality {
  readonly zone: string;
  readonly weight: number;
  /** Ports on 127.0.0.1 with their weights. */
  readonly ports: Readonly<Record<number, number>>;
  readonly priority?: number;
}

/** The HTTP filter that must come last, as Envoy and gRPC want it. */
export const ROUTER = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` },
};

/** A listener as gRPC clients ask for it: an `api_listener`, without an address of its own. */
export function clientListener(
  name: string,
  routes: { readonly rds: string } | { readonly inline: Resource },
): Resource {
  return {
    "@type": `${TYPES}/envoy.config.listener.v3.Listener`,
    name,
    api_listener: { api_listener: connectionManager(routes) },
  };
}

/** An HTTP connection manager with the router as its only filter. */
export function connectionManager(
  routes: { readonly rds: string } | { readonly inline: Resource },
  extra: object = {},
): object {
  return {
    "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "grpc",
    ...("rds" in routes
      ? { rds: { route_config_name: routes.rds, config_source: ADS } }
      : { route_config: withoutType(routes.inline) }),
    http_filters: [ROUTER],
    ...extra,
  };
}

/** What {@link grpcRoutes} has beyond the one route. */
export interface GrpcRoutesOptions {
  /** Routes that come before it. */
  readonly before?: readonly object[];
  /** More of its action. */
  readonly action?: object;
}

/** A route configuration that leads all other calls to a target. */
export function grpcRoutes(name: string, target: Target, options: GrpcRoutesOptions = {}): Resource {
  const { before = [], action = {} } = options;
  const route = { ...(typeof target === "string" ? { cluster: target } : weighted(target)), ...action };
  return {
    "@type": `${TYPES}/envoy.config.route.v3.RouteConfiguration`,
    name,
    virtual_hosts: [{ name: "all", domains: ["*"], routes: [...before, { match: { prefix: "" }, route }] }],
  };
}

function weighted(weightByCluster: Readonly<Record<string, number>>): object {
  const clusters = Object.entries(weightByCluster).map(([name, weight]) => ({ name, weight }));
  return { weighted_clusters: { clusters } };
}

/** A cluster as gRPC clients want it: endpoints by EDS over ADS. */
export function grpcCluster(name: string, extra: object = {}): Resource {
  return {
    "@type": `${TYPES}/envoy.config.cluster.v3.Cluster`,
    name,
    type: "EDS",
    eds_cluster_config: { eds_config: ADS },
    ...extra,
  };
}

/** Endpoints in localities with weights; gRPC leaves out localities without. */
export function grpcEndpoints(name: string, localities: readonly Locality[]): Resource {
  return {
    "@type": `${TYPES}/envoy.config.endpoint.v3.ClusterLoadAssignment`,
    cluster_name: name,
    endpoints: localities.map(({ zone, weight, ports, priority }) => ({
      locality: { region: "test", zone },
      load_balancing_weight: weight,
      ...(priority === undefined ? {} : { priority }),
      lb_endpoints: Object.entries(ports).map(([port, endpointWeight]) => ({
        endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: Number(port) } } },
        load_balancing_weight: endpointWeight,
      })),
    })),
  };
}

/** Endpoints of equal weight in one locality. */
export function oneLocality(name: string, ...ports: readonly number[]): Resource {
  return grpcEndpoints(name, [{ zone: "a", weight: 1, ports: Object.fromEntries(ports.map((port) => [port, 1])) }]);
}

function withoutType({ "@type": _, ...fields }: Resource): object {
  return fields;
}
