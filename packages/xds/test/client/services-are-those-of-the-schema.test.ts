import assert from "node:assert/strict";
import { test } from "node:test";
import { getOption, ScalarType } from "@bufbuild/protobuf";
import { loadSchema, TYPE_URLS, typeUrlOf } from "@fairlead/envoy-api";
import { resource } from "@fairlead/envoy-api/envoy/annotations/resource_pb";
import { adsPath, servicePath } from "../../src/client/services.ts";

const { registry, messageOf } = loadSchema();

/** The types that the schema has: it lacks the rate limit service's. */
const typeUrls = Object.values(TYPE_URLS).filter((typeUrl) => messageOf(typeUrl));

/** The input type of a gRPC path's method, by the schema. */
function inputOf(path: string | undefined): string | undefined {
  const [, service = "", method] = path?.split("/") ?? [];
  return registry.getService(service)?.methods.find(({ name }) => name === method)?.input.name;
}

test("the aggregated service", () => {
  assert.equal(inputOf(adsPath("sotw")), "DiscoveryRequest");
  assert.equal(inputOf(adsPath("delta")), "DeltaDiscoveryRequest");
});

test("every discovery service of the schema is known, with all of its streams, and no other", () => {
  const found = new Map<string, string[]>();
  for (const service of registry) {
    if (service.kind !== "service" || !getOption(service, resource).type) continue;
    const typeUrl = typeUrlOf(getOption(service, resource).type);
    const streams = service.methods.filter(({ methodKind }) => methodKind === "bidi_streaming");
    found.set(typeUrl, streams.map(({ input, name }) => `${input.name} /${service.typeName}/${name}`).sort());
  }
  for (const [typeUrl, streams] of found) {
    const paths = {
      DiscoveryRequest: servicePath(typeUrl, "sotw"),
      DeltaDiscoveryRequest: servicePath(typeUrl, "delta"),
    };
    const known = Object.entries(paths).flatMap(([input, path]) => (path ? [`${input} ${path}`] : []));
    assert.deepEqual(known.sort(), streams, typeUrl);
  }
  const withService = typeUrls.filter((url) => servicePath(url, "sotw") ?? servicePath(url, "delta"));
  assert.deepEqual(withService.sort(), [...found.keys()].sort());
});

test("the name of every resource that SotW serves is its field 1", () => {
  for (const typeUrl of typeUrls.filter((url) => servicePath(url, "sotw"))) {
    const field = messageOf(typeUrl)?.fields.find(({ number }) => number === 1);
    assert.equal(field?.scalar, ScalarType.STRING, typeUrl);
    assert.match(field.name, /^(cluster_)?name$/, typeUrl);
  }
});
