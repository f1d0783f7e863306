import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, loadSchema, NO_FACTS, type ReadResource, shortNameOf, typeUrlOf } from "@fairlead/envoy-api";
import { CLUSTER, ENDPOINTS, LISTENER, listenerOf, ROUTES, read } from "./reads.ts";

const schema = loadSchema();
const ads = { ads: {}, resource_api_version: "V3" };

function mentions(resource: ReadResource): readonly string[] {
  const { references } = factsOf(schema, resource.typeUrl, resource.message);
  return references.map((it) => `${shortNameOf(it.typeUrl)} ${it.name} ${it.pointer}`);
}

test("a listener mentions its routes, filters by name, secrets and clusters, each with its pointer", () => {
  const router = {
    name: "router",
    typed_config: { "@type": typeUrlOf("envoy.extensions.filters.http.router.v3.Router") },
  };
  const authz = {
    name: "authz",
    typed_config: {
      "@type": typeUrlOf("envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"),
      grpc_service: { envoy_grpc: { cluster_name: "auth" } },
    },
  };
  const discovered = { name: "waf", config_discovery: { config_source: ads, type_urls: ["t"] } };
  const listener = read(LISTENER, {
    ...listenerOf({ rds: { route_config_name: "r", config_source: ads }, http_filters: [authz, discovered, router] }),
    default_filter_chain: {
      transport_socket: {
        name: "tls",
        typed_config: {
          "@type": typeUrlOf("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
          common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "cert", sds_config: ads }] },
        },
      },
    },
  });
  const manager = "/filterChains/0/filters/0/typedConfig";
  assert.deepEqual(mentions(listener), [
    `rds r ${manager}/rds/routeConfigName`,
    `cds auth ${manager}/httpFilters/0/typedConfig/grpcService/envoyGrpc/clusterName`,
    `ecds waf ${manager}/httpFilters/1/name`,
    "sds cert /defaultFilterChain/transportSocket/typedConfig/commonTlsContext/tlsCertificateSdsSecretConfigs/0/name",
  ]);
});

test("routes mention their clusters: plain, weighted, mirrored, in per-filter configuration", () => {
  const routes = read(ROUTES, {
    name: "r",
    virtual_hosts: [
      {
        name: "v",
        domains: ["*"],
        routes: [
          { match: { prefix: "/a" }, route: { cluster: "a", request_mirror_policies: [{ cluster: "m" }] } },
          {
            match: { prefix: "/b" },
            route: {
              weighted_clusters: {
                clusters: [
                  { name: "w1", weight: 1 },
                  { name: "w2", weight: 1 },
                ],
              },
            },
          },
          { match: { prefix: "/c" }, route: { cluster_header: "x-cluster" } },
        ],
        typed_per_filter_config: {
          authz: {
            "@type": typeUrlOf("envoy.extensions.filters.http.oauth2.v3.OAuth2"),
            config: { token_endpoint: { uri: "u", cluster: "oauth", timeout: "1s" } },
          },
        },
      },
    ],
  });
  const names = factsOf(schema, routes.typeUrl, routes.message).references.map((it) => it.name);
  assert.deepEqual([...names].sort(), ["a", "m", "oauth", "w1", "w2"]);
});

test("clusters of a matcher's actions are found in an inline tree", () => {
  const action = {
    name: "route",
    typed_config: { "@type": typeUrlOf("envoy.extensions.filters.udp.udp_proxy.v3.Route"), cluster: "u" },
  };
  const listener = read(LISTENER, {
    name: "l",
    listener_filters: [
      {
        name: "udp",
        typed_config: {
          "@type": typeUrlOf("envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig"),
          stat_prefix: "u",
          matcher: { on_no_match: { action } },
        },
      },
    ],
  });
  assert.deepEqual(mentions(listener), [
    "cds u /listenerFilters/0/typedConfig/matcher/onNoMatch/action/typedConfig/cluster",
  ]);
});

test("an EDS cluster mentions endpoints by service name, else by its own, only where they come by xDS", () => {
  const eds = (eds_cluster_config: object) => mentions(read(CLUSTER, { name: "c", type: "EDS", eds_cluster_config }));
  assert.deepEqual(eds({ eds_config: ads, service_name: "s" }), ["eds s /edsClusterConfig/serviceName"]);
  assert.deepEqual(eds({ eds_config: { self: {} } }), ["eds c /name"]);
  assert.deepEqual(eds({ eds_config: { path_config_source: { path: "/x" } } }), []);
  const rest = { api_config_source: { api_type: "GRPC", grpc_services: [{ envoy_grpc: { cluster_name: "xds" } }] } };
  assert.equal(eds({ eds_config: rest }).length, 2, "the endpoints, and the cluster that the source itself needs");
  assert.deepEqual(mentions(read(CLUSTER, { name: "c", type: "STATIC", eds_cluster_config: { eds_config: ads } })), []);
});

test("a resource that mentions nothing shares one constant", () => {
  const endpoints = read(ENDPOINTS, { cluster_name: "c", endpoints: [{ lb_endpoints: [{ endpoint: {} }] }] });
  assert.equal(factsOf(schema, endpoints.typeUrl, endpoints.message), NO_FACTS);
});

test("a TypedStruct counts as the type that it stands for", () => {
  const authz = {
    name: "authz",
    typed_config: {
      "@type": typeUrlOf("xds.type.v3.TypedStruct"),
      type_url: typeUrlOf("envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"),
      value: { grpc_service: { envoy_grpc: { cluster_name: "auth" } } },
    },
  };
  const found = mentions(read(LISTENER, listenerOf({ http_filters: [authz] })));
  assert.deepEqual(found, [
    "cds auth /filterChains/0/filters/0/typedConfig/httpFilters/0/typedConfig/value/grpcService/envoyGrpc/clusterName",
  ]);
});
