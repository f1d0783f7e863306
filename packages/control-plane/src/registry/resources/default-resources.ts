import type { Json } from "../../store/store.ts";
import type { Template } from "./settings.ts";

type Protocol = NonNullable<Template["protocol"]>;

/** Cluster of a service. */
export function defaultCluster(service: string, protocol: Protocol): Json {
  return {
    "@type": `${TYPE}/envoy.config.cluster.v3.Cluster`,
    name: service,
    type: "EDS",
    eds_cluster_config: { eds_config: ADS },
    connect_timeout: "2s",
    // What the registry takes away is gone, whatever a health check of the proxy's own says.
    ignore_health_on_host_removal: true,
    // Envoy's 50 % would send to draining instances while most of them drain: only where none is healthy it tries them all.
    common_lb_config: { healthy_panic_threshold: { value: 1 } },
    // Envoy tries 3 requests again at a time, at most: too few where one of two instances died.
    circuit_breakers: { thresholds: [{ max_retries: 1_024 }] },
    ...(protocol === "h2" ? { typed_extension_protocol_options: { [HTTP]: HTTP2 } } : {}),
  };
}

/** Listener of a service for gRPC clients, which ask for it by name. */
export function defaultListener(service: string): Json {
  return {
    "@type": `${TYPE}/envoy.config.listener.v3.Listener`,
    name: service,
    api_listener: {
      api_listener: {
        "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        stat_prefix: service,
        rds: { route_config_name: service, config_source: ADS },
        http_filters: [
          {
            name: "envoy.filters.http.router",
            typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
          },
        ],
      },
    },
  };
}

/** RouteConfiguration of a service: all requests to its cluster. */
export function defaultRoutes(service: string): Json {
  return {
    "@type": `${TYPE}/envoy.config.route.v3.RouteConfiguration`,
    name: service,
    virtual_hosts: [
      {
        name: service,
        domains: ["*"],
        routes: [{ match: { prefix: "" }, route: { cluster: service, retry_policy: RETRIES } }],
      },
    ],
  };
}

const TYPE = "type.googleapis.com";
const ADS = { ads: {}, resource_api_version: "V3" };
const HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const HTTP2 = { "@type": `${TYPE}/${HTTP}`, explicit_http_config: { http2_protocol_options: {} } };

/**
 * Only what no instance has begun is tried again, at another one: safe whatever the request does. It covers an instance that
 * died and is not known to be gone yet. gRPC clients do so by themselves, and pass over these conditions.
 */
const RETRIES = {
  retry_on: "connect-failure,refused-stream,reset-before-request",
  num_retries: 3,
  retry_host_predicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate`,
      },
    },
  ],
  host_selection_retry_max_attempts: "5",
};
