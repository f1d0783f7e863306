// protocol.md S2: REST, the paths and the answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { xdsChannel } from "../../src/channels.ts";
import { cluster, opaqueCluster, realResource } from "../support/real-resource.ts";
import { Poller, rest } from "../support/rest-client.ts";
import { commit, startServer } from "./started-server.ts";

const node = { id: "n" };

const RESOURCES = {
  listeners: realResource(TYPE_URLS.listener, {
    name: "x",
    address: { socketAddress: { address: "127.0.0.1", portValue: 1 } },
  }),
  routes: realResource(TYPE_URLS.routes, { name: "x" }),
  clusters: cluster("x"),
  endpoints: realResource(TYPE_URLS.endpoints, { clusterName: "x" }),
  "scoped-routes": realResource(TYPE_URLS.scopedRoutes, {
    name: "x",
    routeConfigurationName: "x",
    key: { fragments: [{ stringKey: "a" }] },
  }),
  secrets: realResource(TYPE_URLS.secret, { name: "x", genericSecret: { secret: { inlineString: "s" } } }),
  runtime: realResource(TYPE_URLS.runtime, { name: "x", layer: { a: 1 } }),
  extension_configs: realResource(TYPE_URLS.extensionConfig, {
    name: "x",
    typedConfig: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
  }),
};

for (const http2 of [false, true]) {
  const by = http2 ? "HTTP/2" : "HTTP/1.1";
  test(`by ${by}, every type has its path; who has the version gets 304 (S2)`, async (t) => {
    const { cache, target } = await startServer(t, { controlPlaneId: "replica 1" });
    commit(cache, Object.values(RESOURCES));
    for (const [type, { typeUrl, version }] of Object.entries(RESOURCES)) {
      const ask = (more: object) =>
        rest(target, `/v3/discovery:${type}`, { node, resource_names: ["x"], ...more }, { http2 });
      const { status, headers, json } = await ask({});
      assert.equal(status, 200, type);
      assert.equal(headers["content-type"], "application/json");
      assert.equal(json?.typeUrl, typeUrl);
      assert.equal(json?.controlPlane?.identifier, "replica 1");
      assert.deepEqual(
        json?.resources?.map((resource) => realResource(typeUrl, resource).version),
        [version],
        "what came is the resource",
      );
      const again = await ask({ version_info: json?.versionInfo });
      assert.deepEqual([again.status, again.text], [304, ""]);
      // An Envoy names the type as well.
      assert.equal((await ask({ versionInfo: json?.versionInfo, typeUrl })).status, 304);
    }
  });

  test(`by ${by}, what is no poll is told so (S2)`, async (t) => {
    const { cache, target } = await startServer(t);
    commit(cache, [cluster("x")]);
    const path = "/v3/discovery:clusters";
    const cases: [body: unknown, status: number, detail: RegExp, options?: object, path?: string][] = [
      ["{", 400, /no JSON: /],
      [Buffer.of(0x22, 0x22).toString(), 400, /the request is a string: give an object/],
      [[], 400, /the request is an array/],
      [{}, 400, /node is missing/],
      [{ node: null }, 400, /node is missing/],
      [{ node: "n" }, 400, /node is a string: give an object/],
      [{ node: { id: 1 } }, 400, /node\.id is a number: give a string/],
      [{ node: { metadata: [] } }, 400, /node\.metadata is an array/],
      [{ node, version_info: 1 }, 400, /versionInfo is a number/],
      [{ node, resource_names: ["a", 1] }, 400, /resourceNames is an array: give an array of strings/],
      [{ node, type_url: TYPE_URLS.listener }, 400, /this path is for \S+Cluster, not for \S+Listener/],
      [{ node }, 404, /no such path/, {}, "/v3/discovery:nothing"],
      [{ node }, 404, /no such path/, {}, "/v2/discovery:clusters"],
      [{ node }, 405, /takes POST, not PUT/, { method: "PUT" }],
      [{ node }, 415, /application\/json, not text\/plain/, { contentType: "text/plain" }],
      [JSON.stringify({ node, more: "x".repeat(5_000_000) }), 413, /over 4194304 bytes/],
    ];
    for (const [body, status, detail, options, otherPath] of cases) {
      const answer = await rest(target, otherPath ?? path, body, { http2, ...options });
      assert.deepEqual([answer.status, answer.headers["content-type"]], [status, "application/problem+json"]);
      assert.match(answer.json?.detail ?? "", detail);
    }
    // A newer Envoy's fields cost it nothing.
    assert.equal((await rest(target, path, { node: { ...node, newer: 1 }, newer: {} }, { http2 })).status, 200);
  });
}

test("what Envoy says of itself is read from JSON as from protobuf (S2)", async (t) => {
  const { server, target } = await startServer(t);
  const said = {
    id: "n",
    cluster: "c",
    locality: { region: "r", zone: "z", sub_zone: "s" },
    metadata: { a: { b: [1, "x", null] } },
    user_agent_name: "envoy",
    user_agent_build_version: { version: { major_number: 1, minor_number: 40, patch: 2 }, metadata: {} },
    client_features: ["f"],
    extensions: [{ name: "e" }],
  };
  await rest(target, "/v3/discovery:clusters", { node: said });
  const [{ node: read } = {}] = [...server.clients()];
  assert.deepEqual(read, {
    id: "n",
    cluster: "c",
    locality: { region: "r", zone: "z", subZone: "s" },
    metadata: { a: { b: [1, "x", null] } },
    userAgentName: "envoy",
    userAgentVersion: "1.40.2",
    clientFeatures: ["f"],
    sans: [],
  });
});

test("nothing is answered before its time: 503, and when to try again (O6, S2)", async (t) => {
  const { cache, target } = await startServer(t, { cacheOptions: { waitsUntilReady: true } });
  const early = await rest(target, "/v3/discovery:clusters", { node });
  assert.deepEqual([early.status, early.headers["retry-after"]], [503, "1"]);
  assert.match(early.json?.detail ?? "", /not every source of configuration has loaded/);
  cache.markReady();
  const lost = await rest(target, "/v3/discovery:clusters", { node });
  assert.equal(lost.status, 503);
  assert.match(lost.json?.detail ?? "", /group default does not exist yet/);
  commit(cache, [cluster("x")]);
  assert.equal((await rest(target, "/v3/discovery:clusters", { node })).status, 200);
});

test("a response is built once for all who poll, and only when its content changes (S2)", async (t) => {
  const { cache, target } = await startServer(t);
  let builds = 0;
  const count = () => void builds++;
  xdsChannel("fairlead:xds:built").subscribe(count);
  t.after(() => xdsChannel("fairlead:xds:built").unsubscribe(count));
  commit(cache, [cluster("x"), cluster("y")]);
  const pollers = [1, 2, 3].map((n) => new Poller(target, "clusters", { node: { id: `n${n}` } }));
  for (const poller of pollers) assert.deepEqual(await poller.poll(), ["x", "y"]);
  for (const poller of pollers) assert.equal(await poller.poll(), "unchanged");
  assert.equal(builds, 1);
  commit(cache, [cluster("x", "2s")]);
  for (const poller of pollers) assert.deepEqual(await poller.poll(), ["x", "y"]);
  assert.equal(builds, 2);
});

test("what can't be told in JSON is refused and told of, and does not count as sent (S2, S4)", async (t) => {
  const { cache, target, stream } = await startServer(t);
  const warnings: string[] = [];
  const hear = ({ message }: { message: string }) => void warnings.push(message);
  xdsChannel("fairlead:xds:warning").subscribe(hear);
  t.after(() => xdsChannel("fairlead:xds:warning").unsubscribe(hear));
  const clusters = new Poller(target, "clusters");
  commit(cache, [cluster("x")]);
  assert.deepEqual(await clusters.poll(), ["x"]);
  const unknown = opaqueCluster("y");
  commit(cache, [unknown]);
  for (let time = 0; time < 4; time++) {
    const { status, json } = await clusters.ask();
    assert.equal(status, 500);
    assert.match(json?.detail ?? "", /^y can't be told in JSON: .*example\.Unknown.*; it can by gRPC$/);
  }
  assert.match(warnings[0] ?? "", /^REST: y can't be told in JSON/);
  assert.equal(
    warnings.filter((warning) => warning.startsWith("REST:")).length,
    1,
    "told once, and not with each poll",
  );
  const byGrpc = stream({ mode: "sotw", typeUrl: TYPE_URLS.cluster });
  byGrpc.subscribe(TYPE_URLS.cluster);
  assert.equal((await byGrpc.next()).resources.length, 2);
  commit(cache, [cluster("y")]);
  assert.deepEqual(await clusters.poll(), ["x", "y"]);
});
