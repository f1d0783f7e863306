// protocol.md S2: the unary Fetch of each service; it is a poll like REST's.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { StatusCode } from "../../src/grpc/status.ts";
import { encodeNode } from "../../src/wire/node.ts";
import { writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { readDiscoveryResponse, type SotwResponse } from "../../src/wire/sotw-response.ts";
import { commit, remove, resource, shareConnection, startServer } from "./started-server.ts";

const node = encodeNode({ id: "n" });

// Written out, and not taken from the server's table.
const METHODS: readonly [typeUrl: string, path: string][] = [
  [TYPE_URLS.listener, "/envoy.service.listener.v3.ListenerDiscoveryService/FetchListeners"],
  [TYPE_URLS.routes, "/envoy.service.route.v3.RouteDiscoveryService/FetchRoutes"],
  [TYPE_URLS.scopedRoutes, "/envoy.service.route.v3.ScopedRoutesDiscoveryService/FetchScopedRoutes"],
  [TYPE_URLS.cluster, "/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters"],
  [TYPE_URLS.endpoints, "/envoy.service.endpoint.v3.EndpointDiscoveryService/FetchEndpoints"],
  [TYPE_URLS.secret, "/envoy.service.secret.v3.SecretDiscoveryService/FetchSecrets"],
  [TYPE_URLS.runtime, "/envoy.service.runtime.v3.RuntimeDiscoveryService/FetchRuntime"],
  [TYPE_URLS.extensionConfig, "/envoy.service.extension.v3.ExtensionConfigDiscoveryService/FetchExtensionConfigs"],
  [TYPE_URLS.rateLimitConfig, "/ratelimit.service.ratelimit.v3.RateLimitConfigDiscoveryService/FetchRlsConfigs"],
];

type Request = Partial<Parameters<typeof writeDiscoveryRequest>[0]>;

test("every discovery service has its Fetch (S2, S3)", async (t) => {
  const { cache, target } = await startServer(t);
  commit(
    cache,
    METHODS.map(([typeUrl]) => resource(typeUrl, "x")),
  );
  const fetch = fetcher(t, target);
  for (const [typeUrl, path] of METHODS) {
    const { code, response } = await fetch(path, { resourceNames: ["x"] });
    assert.equal(code, StatusCode.OK);
    assert.deepEqual([response?.typeUrl, response?.resources.map((any) => any.typeUrl)], [typeUrl, [typeUrl]]);
  }
});

test("who has the current version is sent it again: an empty answer would say that there is nothing (S2)", async (t) => {
  const { cache, target } = await startServer(t);
  const clusters = (request: Request) =>
    fetcher(t, target)("/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters", request);
  commit(cache, [resource(TYPE_URLS.cluster, "a"), resource(TYPE_URLS.cluster, "b")]);
  const { response: first } = await clusters({});
  const { response: again } = await clusters({ versionInfo: first!.versionInfo });
  assert.deepEqual([again?.versionInfo, again?.resources.length], [first!.versionInfo, 2]);
  remove(cache, TYPE_URLS.cluster, ["a", "b"]);
  // Nothing refers to them, but it is not long ago that somebody may have: they linger, and so does their version.
  assert.equal((await clusters({ versionInfo: first!.versionInfo })).code, StatusCode.OK);
});

test("names that do not exist are answered by nothing (S2)", async (t) => {
  const { cache, target } = await startServer(t);
  commit(cache, [resource(TYPE_URLS.endpoints, "a")]);
  const path = "/envoy.service.endpoint.v3.EndpointDiscoveryService/FetchEndpoints";
  const { code, response } = await fetcher(t, target)(path, { resourceNames: ["b"] });
  assert.deepEqual([code, response?.resources], [StatusCode.OK, []]);
});

test("what can't be answered ends with its reason (S2)", async (t) => {
  const { cache, target } = await startServer(t);
  const fetch = fetcher(t, target);
  const path = "/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters";
  assert.deepEqual(await fetch(path, {}), {
    code: StatusCode.UNAVAILABLE,
    message: "group default does not exist yet",
    response: undefined,
  });
  commit(cache, [resource(TYPE_URLS.cluster, "a")]);
  const nobody = await fetch(path, { node: undefined });
  assert.deepEqual([nobody.code, nobody.message], [3, "the first request of a stream must carry its node"]);
  assert.match((await fetch(path, { typeUrl: TYPE_URLS.listener })).message, /this service is for \S+Cluster/);
  assert.equal((await fetch(path, {})).code, StatusCode.OK);
});

/** Calls a unary method; each on a connection of its own. */
function fetcher(t: TestContext, target: string) {
  return (path: string, request: Request) => {
    type Outcome = { code: number; message: string; response: SotwResponse | undefined };
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    let response: SotwResponse | undefined;
    const call = shareConnection(t, target).call(path, {
      onMessage: (message) => {
        response = readDiscoveryResponse(message);
      },
      onEnd: ({ code, message }) => resolve({ code, message, response }),
    });
    call.send(writeDiscoveryRequest({ typeUrl: "", node, ...request } as Parameters<typeof writeDiscoveryRequest>[0]));
    return promise;
  };
}
