import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { loadSchema, parseTypeUrl, resourceName, shortNameOf, TYPE_URLS } from "@fairlead/envoy-api";
import { LbEndpointSchema } from "@fairlead/envoy-api/envoy/config/endpoint/v3/endpoint_components_pb";
import { ClusterLoadAssignmentSchema } from "@fairlead/envoy-api/envoy/config/endpoint/v3/endpoint_pb";
import { SecretSchema } from "@fairlead/envoy-api/envoy/extensions/transport_sockets/tls/v3/secret_pb";

test("a resource's name is its name or its cluster's", () => {
  const schema = loadSchema();
  assert.equal(resourceName(schema, TYPE_URLS.secret, create(SecretSchema, { name: "s" })), "s");
  assert.equal(
    resourceName(schema, TYPE_URLS.endpoints, create(ClusterLoadAssignmentSchema, { clusterName: "c" })),
    "c",
  );
  assert.equal(resourceName(schema, TYPE_URLS.localityEndpoint, create(LbEndpointSchema)), "");
});

test("types are known by short name, word, message name and URL", () => {
  for (const word of [
    "cds",
    "CDS",
    "cluster",
    "clusters",
    "Cluster",
    "envoy.config.cluster.v3.Cluster",
    TYPE_URLS.cluster,
  ]) {
    assert.equal(parseTypeUrl(word), TYPE_URLS.cluster, word);
  }
  assert.equal(parseTypeUrl("RouteConfiguration"), TYPE_URLS.routes);
  assert.equal(parseTypeUrl("endpoints"), TYPE_URLS.endpoints);
  assert.equal(parseTypeUrl("nonsense"), undefined);
  assert.equal(shortNameOf(TYPE_URLS.virtualHost), "vhds");
  assert.equal(shortNameOf("type.googleapis.com/acme.Thing"), undefined);
});
