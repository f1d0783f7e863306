/** What is there before a command of a page is run. */
export interface Preparation {
  /** By path from where the reader is. */
  readonly files?: Readonly<Record<string, string>>;
  /** Commands that go on running meanwhile. */
  readonly running?: readonly string[];
  /** With which the page says that it ends, in words; several: with one of them. Default: 0, or where it shows an error any. */
  readonly exitCode?: number | readonly number[];
}

const TYPE = "type.googleapis.com/envoy.config";

const CHECKED = `resources:
- "@type": ${TYPE}.cluster.v3.Cluster
  name: greeter
  conect_timeout: 1s
- "@type": ${TYPE}.cluster.v3.Cluster
  name: web
  connect_timeout: 1s
- "@type": ${TYPE}.route.v3.RouteConfiguration
  name: routes
  virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
    - match: { prefix: /web }
      route: { cluster: web }
    - match: { prefix: / }
      route: { cluster: wob }
`;

const REFUSED_BY_ENVOY = `resources:
- { "@type": ${TYPE}.cluster.v3.Cluster, name: web, connect_timeout: 1s }
- "@type": ${TYPE}.cluster.v3.Cluster
  name: provided
  lb_policy: CLUSTER_PROVIDED
`;

const HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const TCP = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

/** A connection manager whose route configuration has the name that Envoy's own examples give it. */
const httpFilter = (prefix: string, cluster: string) => ({
  name: "http",
  typed_config: {
    "@type": HCM,
    stat_prefix: cluster,
    http_filters: [{ name: "router", typed_config: { "@type": ROUTER } }],
    route_config: {
      name: "local_route",
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix }, route: { cluster } }] }],
    },
  },
});
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const endpoints = (port: number) => [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }];
const upstream = (name: string, type: string, port: number) => ({
  ...{ name, type, connect_timeout: "1s", load_assignment: { cluster_name: name, endpoints: endpoints(port) } },
});
const tls = {
  name: "tls",
  typed_config: { "@type": TLS, common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "server" }] } },
};

const STATIC_BOOTSTRAP = {
  admin: { address: address(0) },
  layered_runtime: { layers: [{ name: "static", static_layer: {} }] },
  static_resources: {
    listeners: [
      { name: "plain", address: address(10_001), filter_chains: [{ filters: [httpFilter("/", "web")] }] },
      {
        name: "secure",
        address: address(10_002),
        filter_chains: [{ transport_socket: tls, filters: [httpFilter("/api", "api")] }],
      },
      {
        name: "raw",
        address: address(10_003),
        filter_chains: [
          { filters: [{ name: "tcp", typed_config: { "@type": TCP, stat_prefix: "raw", cluster: "elsewhere" } }] },
        ],
      },
    ],
    clusters: [upstream("web", "STATIC", 1), upstream("api", "STATIC", 2), upstream("elsewhere", "STRICT_DNS", 3)],
    secrets: [
      {
        name: "server",
        tls_certificate: { certificate_chain: { filename: "server.pem" }, private_key: { filename: "server.key" } },
      },
    ],
  },
};

const FOR_GRPC = `resources:
  - "@type": ${TYPE}.listener.v3.Listener
    name: web
    api_listener:
      api_listener:
        "@type": ${HCM}
        rds:
          route_config_name: web
          config_source: { ads: {}, resource_api_version: V3 }
        http_filters:
          - { name: router, typed_config: { "@type": ${ROUTER} } }
  - "@type": ${TYPE}.route.v3.RouteConfiguration
    name: web
    virtual_hosts:
      - name: all
        domains: ["*"]
        routes: [{ match: { prefix: /api }, route: { cluster: api } }, { match: { prefix: "" }, route: { cluster: old } }]
  - "@type": ${TYPE}.cluster.v3.Cluster
    name: api
    type: EDS
    eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }
  - "@type": ${TYPE}.cluster.v3.Cluster
    name: old
    type: STATIC
`;

const SERVES = ["npx fairlead serve examples/quickstart"];

const CLUSTER = `resources:
- { "@type": ${TYPE}.cluster.v3.Cluster, name: web, connect_timeout: 1s }
`;

/** By page, and by the first line of the command. */
export const PREPARATIONS: Readonly<Record<string, Readonly<Record<string, Preparation>>>> = {
  "docs/admin-api.md": {
    "curl -X PUT localhost:18001/v1/groups/default/resources?wait=acked -H 'content-type: application/json' -d '{": {
      running: SERVES,
    },
  },
  "docs/bench.md": {
    // A busy machine makes the load tester late, and the run invalid, as the page says.
    "npx fairlead bench run --target 127.0.0.1:18000 --duration 1s": { running: SERVES, exitCode: [0, 1] },
    "npx fairlead bench run --target 127.0.0.1:18000 --driver registry --streams 100 --resources 1 --warmup 1s --duration 2s":
      { exitCode: [0, 1] },
    "npx fairlead bench run --target 127.0.0.1:18000 --driver fairlead --warmup 1s --duration 3s --out run1": {
      exitCode: [0, 1],
    },
  },
  "docs/check.md": {
    "fairlead check xds": { files: { "xds/a.yaml": CHECKED } },
    "fairlead check xds --envoy ./envoy": {
      files: { "xds/a.yaml": REFUSED_BY_ENVOY },
    },
  },
  "docs/grpc-clients.md": {
    "npx fairlead check xds --target grpc": { files: { "xds/web.yaml": FOR_GRPC } },
  },
  "docs/import.md": {
    "fairlead import envoy.yaml -o xds --bootstrap xds-envoy.yaml": {
      files: { "envoy.yaml": JSON.stringify(STATIC_BOOTSTRAP) },
    },
  },
  "docs/library.md": {
    "npx node examples/library/client.ts 127.0.0.1:18000 demo": { running: SERVES },
  },
  "docs/operations.md": {
    "fairlead diff xds/*.yaml --group edge": { files: { "xds/a.yaml": CLUSTER }, running: SERVES, exitCode: 1 },
  },
  "examples/relay/README.md": {
    "npx fairlead serve --config examples/relay/fairlead.yaml": { running: SERVES },
  },
  "docs/registry.md": {
    "curl -X PUT localhost:18001/v1/services/web/instances/web-1 \\": { running: SERVES },
  },
  "docs/history.md": {
    "fairlead history --since 2h": {
      files: { "xds/a.yaml": CLUSTER },
      running: [...SERVES, "fairlead apply xds/a.yaml --group edge"],
    },
  },
  "examples/quickstart/README.md": {
    "npx fairlead watch --node demo": { running: SERVES },
  },
  "packages/control-plane/README.md": {
    "npx fairlead bootstrap envoy > envoy.yaml": { running: SERVES },
  },
};
