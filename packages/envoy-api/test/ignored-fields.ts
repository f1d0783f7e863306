const OWN_NAME = "the resource's own name, not a mention of another";
const STATUS = "tells of a state, configures nothing";
const HEADER = "names a header; the cluster is in the request";
const LABEL = "a label for people or statistics";
const NAMELESS = "a config source without a name: all of a type, or names that only requests bring";

/** Fields that look like a reference and are none, each with its reason. */
export const IGNORED_FIELDS: Readonly<Record<string, string>> = {
  "envoy.admin.v3.ClusterStatus.name": STATUS,
  "envoy.admin.v3.ClusterStatus.eds_service_name": STATUS,
  "envoy.admin.v3.CommandLineOptions.service_cluster": STATUS,
  "envoy.admin.v3.ScopedRoutesConfigDump.DynamicScopedRouteConfigs.name": STATUS,
  "envoy.admin.v3.ScopedRoutesConfigDump.InlineScopedRouteConfigs.name": STATUS,
  "envoy.admin.v3.SecretsConfigDump.DynamicSecret.name": STATUS,
  "envoy.admin.v3.SecretsConfigDump.StaticSecret.name": STATUS,
  "envoy.config.bootstrap.v3.ClusterManager.local_cluster_name": "bootstrap: names a cluster of the bootstrap itself",
  "envoy.config.bootstrap.v3.Bootstrap.config_sources": NAMELESS,
  "envoy.config.bootstrap.v3.Bootstrap.default_config_source": NAMELESS,
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources.cds_config": NAMELESS,
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources.lds_config": NAMELESS,
  "envoy.config.cluster.v3.Cluster.lrs_server": "load reports go there, nothing is fetched",
  "envoy.config.cluster.v3.Cluster.name": OWN_NAME,
  "envoy.config.cluster.v3.Cluster.CustomClusterType.name": "names an extension compiled into Envoy",
  "envoy.config.cluster.v3.Cluster.TransportSocketMatch.name": LABEL,
  "envoy.config.core.v3.Node.cluster": "where the proxy runs, not an upstream",
  "envoy.config.endpoint.v3.ClusterLoadAssignment.cluster_name": OWN_NAME,
  "envoy.config.endpoint.v3.ClusterStats.cluster_name": STATUS,
  "envoy.config.endpoint.v3.ClusterStats.cluster_service_name": STATUS,
  "envoy.config.route.v3.RouteAction.cluster_header": HEADER,
  "envoy.config.route.v3.RouteAction.cluster_specifier_plugin": "names a plugin of the same route configuration",
  "envoy.config.route.v3.RouteAction.RequestMirrorPolicy.cluster_header": HEADER,
  "envoy.config.route.v3.ScopedRouteConfiguration.name": OWN_NAME,
  "envoy.config.route.v3.VirtualCluster.name": LABEL,
  "envoy.config.route.v3.WeightedCluster.ClusterWeight.cluster_header": HEADER,
  "envoy.data.accesslog.v3.AccessLogCommon.upstream_cluster": STATUS,
  "envoy.data.cluster.v3.OutlierDetectionEvent.cluster_name": STATUS,
  "envoy.data.core.v3.HealthCheckEvent.cluster_name": STATUS,
  "envoy.extensions.filters.http.aws_lambda.v3.Credentials.secret_access_key": "the secret itself, not the name of one",
  "envoy.extensions.filters.http.fault.v3.HTTPFault.upstream_cluster":
    "restricts the fault to that cluster, sends nothing to it",
  "envoy.extensions.filters.http.on_demand.v3.OnDemandCds.source": NAMELESS,
  "envoy.extensions.filters.network.dubbo_proxy.v3.MultipleRouteConfiguration.name": OWN_NAME,
  "envoy.extensions.filters.network.dubbo_proxy.v3.RouteConfiguration.name": OWN_NAME,
  "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds.scoped_rds_config_source": NAMELESS,
  "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.rds_config_source":
    "the names are in the scopes: ScopedRouteConfiguration.route_configuration_name",
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.OnDemand.odcds_config": NAMELESS,
  "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.cluster_header": HEADER,
  "envoy.extensions.filters.network.thrift_proxy.v3.RouteConfiguration.name": OWN_NAME,
  "envoy.extensions.transport_sockets.tls.v3.Secret.name": OWN_NAME,
  "envoy.service.health.v3.ClusterEndpointsHealth.cluster_name": STATUS,
  "envoy.service.health.v3.ClusterHealthCheck.cluster_name": STATUS,
  "envoy.service.load_stats.v3.LoadStatsResponse.clusters": "asks for load reports of clusters, configures nothing",
};
