import { TYPE_URLS, typeUrlOf } from "../type-urls.ts";

/** One field that names another resource. Fields are written as in the .proto files, `a.b` for a field within a field. */
export interface ReferenceRow {
  /** Full name of the message type that holds the field. */
  readonly message: string;
  /** A string, a list of strings, or a map whose keys are the names. */
  readonly field: string;
  /** Type URL of what is named. */
  readonly to: string;
  /** Where the name is taken from when `field` is empty. */
  readonly orElse?: string;
  /** The `ConfigSource` it is fetched from: counts only when that is xDS. Absent: always counts. */
  readonly source?: string;
  /** Counts only when this enum field holds this number. */
  readonly when?: { readonly field: string; readonly is: number };
}

const { cluster, endpoints, routes, secret, extensionConfig, runtime, localityEndpoint, virtualHost } = TYPE_URLS;
const http = "envoy.extensions.filters.network.http_connection_manager.v3";
const route = "envoy.config.route.v3";
const thrift = "envoy.extensions.filters.network.thrift_proxy.v3";
const dubbo = "envoy.extensions.filters.network.dubbo_proxy.v3";
const redis = "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route";
const tcp = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const udp = "envoy.extensions.filters.udp.udp_proxy.v3";
const CLUSTER_TYPE_EDS = 3;

/** The one table of what refers to what; every walk for references goes by it. */
export const REFERENCE_ROWS: readonly ReferenceRow[] = [
  // Routes
  { message: `${route}.RouteAction`, field: "cluster", to: cluster },
  { message: `${route}.RouteAction.RequestMirrorPolicy`, field: "cluster", to: cluster },
  { message: `${route}.WeightedCluster.ClusterWeight`, field: "name", to: cluster },
  { message: `${route}.ScopedRouteConfiguration`, field: "route_configuration_name", to: routes },
  { message: "envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig", field: "default_cluster", to: cluster },

  // The collection of its virtual hosts, by its own name
  { message: `${route}.RouteConfiguration`, field: "name", to: virtualHost, source: "vhds.config_source" },

  // Listeners
  { message: `${http}.Rds`, field: "route_config_name", to: routes, source: "config_source" },
  { message: `${http}.HttpFilter`, field: "name", to: extensionConfig, source: "config_discovery.config_source" },
  {
    message: "envoy.config.listener.v3.Filter",
    field: "name",
    to: extensionConfig,
    source: "config_discovery.config_source",
  },
  {
    message: "envoy.config.listener.v3.ListenerFilter",
    field: "name",
    to: extensionConfig,
    source: "config_discovery.config_source",
  },
  {
    message: "envoy.extensions.filters.http.composite.v3.DynamicConfig",
    field: "name",
    to: extensionConfig,
    source: "config_discovery.config_source",
  },
  {
    message: "envoy.extensions.filters.http.health_check.v3.HealthCheck",
    field: "cluster_min_healthy_percentages",
    to: cluster,
  },
  { message: "envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig", field: "cluster", to: cluster },

  // Proxies of other protocols
  { message: tcp, field: "cluster", to: cluster },
  { message: `${tcp}.WeightedCluster.ClusterWeight`, field: "name", to: cluster },
  { message: `${udp}.UdpProxyConfig`, field: "cluster", to: cluster },
  { message: `${udp}.Route`, field: "cluster", to: cluster },
  { message: `${thrift}.RouteAction`, field: "cluster", to: cluster },
  { message: `${thrift}.RouteAction.RequestMirrorPolicy`, field: "cluster", to: cluster },
  { message: `${thrift}.WeightedCluster.ClusterWeight`, field: "name", to: cluster },
  {
    message: `${thrift}.Trds`,
    field: "route_config_name",
    to: typeUrlOf(`${thrift}.RouteConfiguration`),
    source: "config_source",
  },
  { message: `${dubbo}.RouteAction`, field: "cluster", to: cluster },
  {
    message: `${dubbo}.Drds`,
    field: "route_config_name",
    to: typeUrlOf(`${dubbo}.MultipleRouteConfiguration`),
    source: "config_source",
  },
  { message: redis, field: "cluster", to: cluster },
  { message: `${redis}.RequestMirrorPolicy`, field: "cluster", to: cluster },
  { message: `${redis}.ReadCommandPolicy`, field: "cluster", to: cluster },

  // Clusters
  {
    message: "envoy.config.cluster.v3.Cluster",
    field: "eds_cluster_config.service_name",
    orElse: "name",
    to: endpoints,
    source: "eds_cluster_config.eds_config",
    when: { field: "type", is: CLUSTER_TYPE_EDS },
  },
  {
    message: "envoy.config.cluster.v3.Filter",
    field: "name",
    to: extensionConfig,
    source: "config_discovery.config_source",
  },
  { message: "envoy.extensions.clusters.aggregate.v3.ClusterConfig", field: "clusters", to: cluster },

  // Endpoints
  {
    message: "envoy.config.endpoint.v3.LedsClusterLocalityConfig",
    field: "leds_collection_name",
    to: localityEndpoint,
    source: "leds_config",
  },

  // Whatever calls out
  { message: "envoy.config.core.v3.GrpcService.EnvoyGrpc", field: "cluster_name", to: cluster },
  { message: "envoy.config.core.v3.HttpUri", field: "cluster", to: cluster },
  { message: "envoy.config.core.v3.ApiConfigSource", field: "cluster_names", to: cluster },
  { message: "envoy.config.trace.v3.ZipkinConfig", field: "collector_cluster", to: cluster },
  { message: "envoy.config.trace.v3.DatadogConfig", field: "collector_cluster", to: cluster },
  { message: "envoy.config.trace.v3.LightstepConfig", field: "collector_cluster", to: cluster },
  { message: "envoy.config.metrics.v3.StatsdSink", field: "tcp_cluster_name", to: cluster },
  { message: "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig", field: "cluster", to: cluster },
  { message: "envoy.data.dns.v3.DnsTable.DnsEndpoint", field: "cluster_name", to: cluster },
  { message: "envoy.data.dns.v3.DnsTable.DnsServiceTarget", field: "cluster_name", to: cluster },

  // Secrets, runtime
  {
    message: "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig",
    field: "name",
    to: secret,
    source: "sds_config",
  },
  { message: "envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer", field: "name", to: runtime, source: "rtds_config" },
];
