import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  factsOf,
  loadSchema,
  parseTypeUrl,
  resourceFromJson,
  resourceName,
  shortNameOf,
  TYPE_URLS,
} from "@fairlead/envoy-api";
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

test("a virtual host has the name of its wrapper, since Envoy removes it by its own (D8)", () => {
  const wrapped = (name: string) => ({
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    name: "routes/a",
    resource: { "@type": TYPE_URLS.virtualHost, name, domains: ["a.example"] },
  });
  const read = resourceFromJson(loadSchema(), wrapped("routes/a"));
  assert.ok(read.ok);
  assert.deepEqual(factsOf(loadSchema(), read.typeUrl, read.message).domains, ["a.example"]);
  const misnamed = resourceFromJson(loadSchema(), wrapped("a"));
  assert.equal(misnamed.ok, false);
  assert.equal(misnamed.faults[0]?.pointer, "/resource/name");
  assert.match(misnamed.faults[0]?.message ?? "", /name it "routes\/a" in both/);
});

test("no resource is named by a collection (O4)", () => {
  const read = resourceFromJson(loadSchema(), { "@type": TYPE_URLS.cluster, name: "xdstp://a/T/dir/*?b=1&a=2" });
  assert.equal(read.ok, false);
  assert.match(read.faults[0]?.message ?? "", /xdstp:\/\/a\/T\/dir\/\*\?a=2&b=1 is the name of a collection/);
});
