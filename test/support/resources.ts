import { configSource, type Mode, XDS_CLUSTER } from "./modes.ts";

/** A resource in Envoy's JSON, with its `@type`. */
export type Resource = { readonly "@type": string } & Readonly<Record<string, unknown>>;

/** A route's action by what it leads to: one cluster, or clusters with their weights. */
export type Target = string | Readonly<Record<string, number>>;

/** A listener of the HTTP connection manager. Its routes come by RDS or stand inside it. */
export interface HttpListenerOptions {
  readonly name: string;
  readonly port: number;
  readonly routes: { readonly rds: string } | { readonly inline: Resource };
  /** Cluster that authorizes each request; without it none does. */
  readonly authzCluster?: string;
  /** Secret with the certificate, by SDS; plaintext without it. */
  readonly secret?: string;
  /** File for a line about each request that went wrong, with Envoy's response flags. */
  readonly accessLog?: string;
  /** Logs every request to the xDS server, under this name. */
  readonly remoteLog?: string;
}

const TYPES = "type.googleapis.com";
const EXTENSIONS = `${TYPES}/envoy.extensions`;

/** A cluster that gets its endpoints by EDS, under `serviceName` if that differs from its name. */
export function edsCluster(mode: Mode, name: string, serviceName?: string, extra: object = {}): Resource {
  return {
    "@type": `${TYPES}/envoy.config.cluster.v3.Cluster`,
    name,
    type: "EDS",
    connect_timeout: "5s",
    eds_cluster_config: {
      eds_config: configSource(mode),
      ...(serviceName === undefined ? {} : { service_name: serviceName }),
    },
    ...extra,
  };
}

/** A cluster with its endpoint inside. */
export function staticCluster(name: string, port: number, extra: object = {}): Resource {
  return {
    "@type": `${TYPES}/envoy.config.cluster.v3.Cluster`,
    name,
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: loadAssignment(name, [port]),
    ...extra,
  };
}

/** A cluster that takes the first of other clusters that has a healthy endpoint. */
export function aggregateCluster(name: string, clusters: readonly string[]): Resource {
  return {
    "@type": `${TYPES}/envoy.config.cluster.v3.Cluster`,
    name,
    connect_timeout: "5s",
    lb_policy: "CLUSTER_PROVIDED",
    cluster_type: {
      name: "envoy.clusters.aggregate",
      typed_config: { "@type": `${EXTENSIONS}.clusters.aggregate.v3.ClusterConfig`, clusters },
    },
  };
}

/** The endpoints of a cluster or service name, all on 127.0.0.1. */
export function assignment(name: string, ports: readonly number[]): Resource {
  return { "@type": `${TYPES}/envoy.config.endpoint.v3.ClusterLoadAssignment`, ...loadAssignment(name, ports) };
}

/** A route configuration with one virtual host; a route per path prefix, the first that fits wins. */
export function routeConfiguration(name: string, targetByPrefix: Readonly<Record<string, Target>>): Resource {
  const routes = Object.entries(targetByPrefix).map(([prefix, target]) => ({
    match: { prefix },
    // Without a limit a request outlives its route's default of 15 s only if something is very wrong: leave it.
    route: typeof target === "string" ? { cluster: target } : { weighted_clusters: weighted(target) },
  }));
  return {
    "@type": `${TYPES}/envoy.config.route.v3.RouteConfiguration`,
    name,
    virtual_hosts: [{ name: "all", domains: ["*"], routes }],
  };
}

/** A listener for HTTP requests. */
export function httpListener(mode: Mode, options: HttpListenerOptions, filters: readonly object[] = []): Resource {
  const { name, port, routes, authzCluster, secret, accessLog, remoteLog } = options;
  const logs = [
    ...(accessLog === undefined ? [] : [failuresTo(accessLog)]),
    ...(remoteLog === undefined ? [] : [logToXds("http", remoteLog)]),
  ];
  const manager = {
    "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "test",
    // Envoy closes a connection 1 s after its last response, read or not: on a busy machine the client may not have read it.
    delayed_close_timeout: "60s",
    ...("rds" in routes
      ? { rds: { route_config_name: routes.rds, config_source: configSource(mode) } }
      : { route_config: withoutType(routes.inline) }),
    http_filters: [...filters, ...(authzCluster === undefined ? [] : [externalAuthorization(authzCluster)]), router()],
    access_log: logs,
  };
  return listener(name, port, {
    filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
    ...(secret === undefined ? {} : { transport_socket: tlsServer(mode, secret) }),
  });
}

/**
 * Like {@link httpListener}; a request for an unknown virtual host (VHDS), or with `clusters` for an unknown cluster (ODCDS),
 * waits while Envoy asks for it.
 */
export function onDemandListener(mode: Mode, options: HttpListenerOptions, clusters = false): Resource {
  const odcds = clusters ? { odcds: { source: configSource(mode), timeout: "60s" } } : {};
  return httpListener(mode, options, [
    {
      name: "envoy.filters.http.on_demand",
      typed_config: { "@type": `${EXTENSIONS}.filters.http.on_demand.v3.OnDemand`, ...odcds },
    },
  ]);
}

/** A route configuration that sends each request to the cluster that its header `x-cluster` names. */
export function routesByHeader(name: string): Resource {
  const routes = [{ match: { prefix: "/" }, route: { cluster_header: "x-cluster" } }];
  return {
    "@type": `${TYPES}/envoy.config.route.v3.RouteConfiguration`,
    name,
    virtual_hosts: [{ name: "all", domains: ["*"], routes }],
  };
}

/** The endpoints of a cluster, one locality, whose endpoints come one by one as a collection (LEDS). */
export function assignmentByLeds(mode: Mode, name: string, collection: string): Resource {
  const leds = { leds_config: configSource(mode), leds_collection_name: collection };
  return {
    "@type": `${TYPES}/envoy.config.endpoint.v3.ClusterLoadAssignment`,
    cluster_name: name,
    endpoints: [{ locality: { region: "here" }, leds_cluster_locality_config: leds }],
  };
}

/** One endpoint of a collection. It has no name of its own, so it comes in a wrapper. */
export function lbEndpoint(name: string, port: number): Resource {
  return {
    "@type": `${TYPES}/envoy.service.discovery.v3.Resource`,
    name,
    resource: {
      "@type": `${TYPES}/envoy.config.endpoint.v3.LbEndpoint`,
      endpoint: { address: socketAddress(port) },
    },
  };
}

/** A route configuration whose virtual hosts come by VHDS; responses carry the header `x-tag`. */
export function vhdsRoutes(mode: Mode, name: string, tag: string): Resource {
  return {
    "@type": `${TYPES}/envoy.config.route.v3.RouteConfiguration`,
    name,
    vhds: { config_source: configSource(mode) },
    response_headers_to_add: [{ header: { key: "x-tag", value: tag } }],
  };
}

/** A virtual host for VHDS, `<route configuration>/<host>`, that leads to one cluster. */
export function virtualHost(name: string, domains: readonly string[], cluster: string): Resource {
  return {
    "@type": `${TYPES}/envoy.config.route.v3.VirtualHost`,
    name,
    domains,
    routes: [{ match: { prefix: "/" }, route: { cluster } }],
  };
}

/** A listener that passes bytes to a cluster; `remoteLog`: the name under which it logs connections to the xDS server. */
export function tcpListener(name: string, port: number, cluster: string, remoteLog?: string): Resource {
  const proxy = {
    "@type": `${EXTENSIONS}.filters.network.tcp_proxy.v3.TcpProxy`,
    stat_prefix: "test",
    cluster,
    ...(remoteLog === undefined ? {} : { access_log: [logToXds("tcp", remoteLog)] }),
  };
  return listener(name, port, { filters: [{ name: "envoy.filters.network.tcp_proxy", typed_config: proxy }] });
}

/** A certificate with its key. */
export function tlsSecret(name: string, certificate: string, privateKey: string): Resource {
  return {
    "@type": `${EXTENSIONS}.transport_sockets.tls.v3.Secret`,
    name,
    tls_certificate: { certificate_chain: { inline_string: certificate }, private_key: { inline_string: privateKey } },
  };
}

/** TLS towards the endpoints with a client certificate by SDS: for {@link edsCluster}'s `extra`. */
export function tlsClient(mode: Mode, secret: string): object {
  return {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": `${EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext`,
        common_tls_context: { tls_certificate_sds_secret_configs: [{ name: secret, sds_config: configSource(mode) }] },
      },
    },
  };
}

function tlsServer(mode: Mode, secret: string): object {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": `${EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: { tls_certificate_sds_secret_configs: [{ name: secret, sds_config: configSource(mode) }] },
    },
  };
}

function listener(name: string, port: number, filterChain: object): Resource {
  return {
    "@type": `${TYPES}/envoy.config.listener.v3.Listener`,
    name,
    address: socketAddress(port),
    filter_chains: [filterChain],
  };
}

function loadAssignment(name: string, ports: readonly number[]): object {
  const endpoints = ports.map((port) => ({ endpoint: { address: socketAddress(port) } }));
  return { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] };
}

function weighted(weightByCluster: Readonly<Record<string, number>>): object {
  return { clusters: Object.entries(weightByCluster).map(([name, weight]) => ({ name, weight })) };
}

function externalAuthorization(cluster: string): object {
  return {
    name: "envoy.filters.http.ext_authz",
    typed_config: {
      "@type": `${EXTENSIONS}.filters.http.ext_authz.v3.ExtAuthz`,
      http_service: {
        server_uri: { uri: "http://authz.test", cluster, timeout: "5s" },
        authorization_response: { allowed_upstream_headers: { patterns: [{ exact: "x-authz" }] } },
      },
    },
  };
}

function router(): object {
  return {
    name: "envoy.filters.http.router",
    typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` },
  };
}

function logToXds(protocol: "http" | "tcp", name: string): object {
  const kind = protocol === "http" ? "HttpGrpcAccessLogConfig" : "TcpGrpcAccessLogConfig";
  return {
    name: `envoy.access_loggers.${protocol}_grpc`,
    typed_config: {
      "@type": `${EXTENSIONS}.access_loggers.grpc.v3.${kind}`,
      common_config: {
        log_name: name,
        grpc_service: { envoy_grpc: { cluster_name: XDS_CLUSTER } },
        transport_api_version: "V3",
        buffer_flush_interval: "0.1s",
      },
    },
  };
}

function failuresTo(path: string): object {
  return {
    name: "envoy.access_loggers.file",
    filter: {
      status_code_filter: { comparison: { op: "GE", value: { default_value: 400, runtime_key: "unused" } } },
    },
    typed_config: {
      "@type": `${EXTENSIONS}.access_loggers.file.v3.FileAccessLog`,
      path,
      log_format: {
        text_format_source: {
          inline_string:
            "%START_TIME% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %REQ(:PATH)% %UPSTREAM_CLUSTER%\n",
        },
      },
    },
  };
}

function socketAddress(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function withoutType({ "@type": _, ...fields }: Resource): object {
  return fields;
}
