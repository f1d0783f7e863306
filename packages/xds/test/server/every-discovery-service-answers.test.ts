// protocol.md S1, S2, S3
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { StatusCode } from "../../src/grpc/status.ts";
import { writeDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { readDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { encodeNode } from "../../src/wire/node.ts";
import { writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { readDiscoveryResponse } from "../../src/wire/sotw-response.ts";
import { commit, resource, shareConnection, startServer } from "./started-server.ts";

// Written out, and not taken from the client's table: two tables with the same mistake would agree.
const SERVICES: readonly [typeUrl: string, service: string, what: string][] = [
  [TYPE_URLS.listener, "envoy.service.listener.v3.ListenerDiscoveryService", "Listeners"],
  [TYPE_URLS.routes, "envoy.service.route.v3.RouteDiscoveryService", "Routes"],
  [TYPE_URLS.scopedRoutes, "envoy.service.route.v3.ScopedRoutesDiscoveryService", "ScopedRoutes"],
  [TYPE_URLS.cluster, "envoy.service.cluster.v3.ClusterDiscoveryService", "Clusters"],
  [TYPE_URLS.endpoints, "envoy.service.endpoint.v3.EndpointDiscoveryService", "Endpoints"],
  [TYPE_URLS.secret, "envoy.service.secret.v3.SecretDiscoveryService", "Secrets"],
  [TYPE_URLS.runtime, "envoy.service.runtime.v3.RuntimeDiscoveryService", "Runtime"],
  [TYPE_URLS.extensionConfig, "envoy.service.extension.v3.ExtensionConfigDiscoveryService", "ExtensionConfigs"],
];
const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const node = encodeNode({ id: "n" });

test("ADS serves every type, in both protocols (S1)", async (t) => {
  const { cache, target } = await startServer(t);
  commit(
    cache,
    SERVICES.map(([typeUrl]) => resource(typeUrl, "x")),
  );
  for (const [typeUrl] of SERVICES) {
    assert.deepEqual(await askSotw(t, target, `/${ADS}/StreamAggregatedResources`, typeUrl), [typeUrl]);
    assert.deepEqual(await askDelta(t, target, `/${ADS}/DeltaAggregatedResources`, typeUrl), [`${typeUrl} x`]);
  }
});

test("every type has a service of its own, in both protocols (S2)", async (t) => {
  const { cache, target } = await startServer(t);
  commit(
    cache,
    SERVICES.map(([typeUrl]) => resource(typeUrl, "x")),
  );
  for (const [typeUrl, service, what] of SERVICES) {
    assert.deepEqual(await askSotw(t, target, `/${service}/Stream${what}`, typeUrl), [typeUrl]);
    assert.deepEqual(await askDelta(t, target, `/${service}/Delta${what}`, typeUrl), [`${typeUrl} x`]);
  }
});

test("virtual hosts and the endpoints of localities have a service in delta only (S3)", async (t) => {
  const { cache, target } = await startServer(t);
  commit(cache, [resource(TYPE_URLS.virtualHost, "x"), resource(TYPE_URLS.localityEndpoint, "x")]);
  const hosts = "/envoy.service.route.v3.VirtualHostDiscoveryService";
  const localities = "/envoy.service.endpoint.v3.LocalityEndpointDiscoveryService";
  assert.deepEqual(await askDelta(t, target, `${hosts}/DeltaVirtualHosts`, TYPE_URLS.virtualHost), [
    "type.googleapis.com/envoy.config.route.v3.VirtualHost x",
  ]);
  assert.deepEqual(await askDelta(t, target, `${localities}/DeltaLocalityEndpoints`, TYPE_URLS.localityEndpoint), [
    "type.googleapis.com/envoy.config.endpoint.v3.LbEndpoint x",
  ]);
  for (const path of [`${hosts}/StreamVirtualHosts`, `${localities}/StreamLocalityEndpoints`]) {
    await assert.rejects(askSotw(t, target, path, TYPE_URLS.virtualHost), { message: `${StatusCode.UNIMPLEMENTED}` });
  }
});

test("rate limit configurations have a service in SotW, under go-control-plane's name (S3)", async (t) => {
  const { cache, target } = await startServer(t);
  const service = "/ratelimit.service.ratelimit.v3.RateLimitConfigDiscoveryService";
  const typeUrl = "type.googleapis.com/ratelimit.config.ratelimit.v3.RateLimitConfig";
  commit(cache, [resource(typeUrl, "a"), resource(typeUrl, "b")]);
  const request = writeDiscoveryRequest({ typeUrl, node }); // without names, like Envoy's rate limit service
  const { resources } = readDiscoveryResponse(await ask(t, target, `${service}/StreamRlsConfigs`, request));
  assert.deepEqual(
    resources.map((any) => any.typeUrl),
    [typeUrl, typeUrl],
  );
});

test("what is no discovery method is unimplemented (S1, S6)", async (t) => {
  const { target } = await startServer(t);
  for (const path of [
    `/${ADS}/FetchAggregatedResources`,
    "/envoy.service.cluster.v2.ClusterDiscoveryService/StreamClusters",
  ]) {
    await assert.rejects(askSotw(t, target, path, TYPE_URLS.cluster), { message: `${StatusCode.UNIMPLEMENTED}` });
  }
});

type Context = Parameters<typeof shareConnection>[0];

async function askSotw(t: Context, target: string, path: string, typeUrl: string): Promise<string[]> {
  const answer = await ask(t, target, path, writeDiscoveryRequest({ typeUrl, node, resourceNames: ["x"] }));
  return readDiscoveryResponse(answer).resources.map((any) => any.typeUrl);
}

async function askDelta(t: Context, target: string, path: string, typeUrl: string): Promise<string[]> {
  const answer = await ask(t, target, path, writeDeltaDiscoveryRequest({ typeUrl, node, subscribe: ["x"] }));
  return readDeltaDiscoveryResponse(answer).resources.map(({ name, resource: any }) => `${any?.typeUrl} ${name}`);
}

/** The first response of a call; rejects with the status code if it ends without one. */
function ask(t: Context, target: string, path: string, request: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const onEnd = ({ code }: { readonly code: number }) => reject(new Error(`${code}`));
  shareConnection(t, target).call(path, { onMessage: resolve, onEnd }).send(request);
  return promise;
}
