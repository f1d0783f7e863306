import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, loadSchema, typeUrlOf } from "@fairlead/envoy-api";
import { CLUSTER, read } from "./reads.ts";

const schema = loadSchema();
const check = { timeout: "1s", interval: "1s", unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} };

function warmsSilently(fields: object): boolean {
  const cluster = read(CLUSTER, { name: "c", ...fields });
  return factsOf(schema, cluster.typeUrl, cluster.message).warmsSilently;
}

function tls(source: object): object {
  const common_tls_context = { validation_context_sds_secret_config: { name: "ca", sds_config: source } };
  const typed_config = {
    "@type": typeUrlOf("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
    common_tls_context,
  };
  return { transport_socket: { name: "tls", typed_config } };
}

test("DNS, health checks, secrets by xDS: silent", () => {
  assert.equal(warmsSilently({ type: "STRICT_DNS" }), true);
  assert.equal(warmsSilently({ type: "LOGICAL_DNS" }), true);
  assert.equal(warmsSilently({ type: "EDS", health_checks: [check] }), true);
  assert.equal(warmsSilently({ type: "STATIC", ...tls({ ads: {} }) }), true);
});

test("static, EDS, aggregate, secrets from a file: not", () => {
  const aggregate = {
    name: "envoy.clusters.aggregate",
    typed_config: { "@type": typeUrlOf("envoy.extensions.clusters.aggregate.v3.ClusterConfig"), clusters: ["a"] },
  };
  assert.equal(warmsSilently({ type: "STATIC" }), false);
  assert.equal(warmsSilently({ type: "EDS", eds_cluster_config: { eds_config: { ads: {} } } }), false);
  assert.equal(warmsSilently({ cluster_type: aggregate }), false);
  assert.equal(warmsSilently({ type: "STATIC", ...tls({ path_config_source: { path: "/x" } }) }), false);
});

test("a custom cluster that the table does not know: silent, to be safe", () => {
  const custom = { name: "acme.cluster", typed_config: { "@type": typeUrlOf("google.protobuf.Struct"), value: {} } };
  assert.equal(warmsSilently({ cluster_type: custom }), true);
});
