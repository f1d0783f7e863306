import assert from "node:assert/strict";
import { test } from "node:test";
import type { XdsResponse } from "../../src/client/response.ts";
import type { Verdict } from "../../src/client/topic.ts";
import { createXdsClient } from "../../src/client/xds-client.ts";
import { readNode } from "../../src/wire/node.ts";
import { Inbox, startScriptedServer } from "./scripted-server.ts";
import { CLUSTER, deltaBytes, ENDPOINTS, LISTENER, sotwBytes } from "./support.ts";

const node = { id: "n", cluster: "c", metadata: { role: "edge" } };

test("the first request of a stream says the node, later ones don't; the user agent is said twice", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "sotw", userAgent: "observer/1" });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  client.watch(ENDPOINTS, ["a"]);
  const stream = await server.stream();
  assert.equal(stream.path, "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources");
  assert.match(stream.userAgent, /^observer\/1/);
  const [first, second] = [await stream.sotw(), await stream.sotw()];
  assert.deepEqual([first.typeUrl, first.resourceNames], [CLUSTER, []]);
  const claim = readNode(first.node!);
  assert.deepEqual(
    [claim.id, claim.cluster, claim.metadata, claim.userAgentName],
    ["n", "c", { role: "edge" }, "observer/1"],
  );
  assert.deepEqual([second.typeUrl, second.resourceNames, second.node], [ENDPOINTS, ["a"], undefined]);
});

test("SotW: a good response is acknowledged and told, a bad one rejected and told, and only the latter", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "sotw" });
  t.after(() => client.close());
  const told = new Inbox<[XdsResponse, Verdict]>();
  const resources: string[] = [];
  client.watch(CLUSTER, "*", {
    validate: (response) => (response.version === "bad" ? "I don't like it" : undefined),
    onResource: ({ name }) => resources.push(name),
    onRemoved: (name) => resources.push(`-${name}`),
    onResponse: (response, verdict) => told.put([response, verdict]),
  });
  const stream = await server.stream();
  await stream.sotw();
  stream.send(sotwBytes(CLUSTER, "1", "n1", ["a=x", "b=x"]));
  const ack = await stream.sotw();
  assert.deepEqual([ack.versionInfo, ack.nonce, ack.errorDetail], ["1", "n1", undefined]);
  assert.equal((await told.take())[1].kind, "accepted");
  stream.send(sotwBytes(CLUSTER, "bad", "n2", ["c=x"]));
  const nack = await stream.sotw();
  assert.deepEqual(
    [nack.versionInfo, nack.nonce, nack.errorDetail],
    ["1", "n2", { code: 3, message: "I don't like it" }],
  );
  assert.equal((await told.take())[1].kind, "rejected");
  stream.send(sotwBytes(CLUSTER, "2", "n3", ["b=y"]));
  await stream.sotw();
  await told.take();
  assert.deepEqual(resources, ["a", "b", "b", "-a"]);
  assert.deepEqual([...client.resources(CLUSTER).keys()], ["b"]);
});

test("delta: resources come and go one by one, a bad response changes nothing", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "delta" });
  t.after(() => client.close());
  const events = new Inbox<string>();
  client.watch(ENDPOINTS, ["a", "b", "c"], {
    validate: ({ resources }) => {
      if (resources.some(({ version }) => version === "bad")) throw new Error("what is this?");
      return undefined;
    },
    onResource: ({ name, version }) => events.put(`${name}=${version}`),
    onRemoved: (name) => events.put(`-${name}`),
  });
  const stream = await server.stream();
  assert.deepEqual((await stream.delta()).subscribe, ["a", "b", "c"]);
  stream.send(deltaBytes(ENDPOINTS, "n1", ["a=1", "b=1"], ["c"]));
  assert.equal((await stream.delta()).nonce, "n1");
  stream.send(deltaBytes(ENDPOINTS, "n2", ["a=2", "b=bad"]));
  assert.deepEqual((await stream.delta()).errorDetail, { code: 3, message: "what is this?" });
  stream.send(deltaBytes(ENDPOINTS, "n3", [], ["a"]));
  assert.equal((await stream.delta()).nonce, "n3");
  const told = [await events.take(), await events.take(), await events.take(), await events.take()];
  assert.deepEqual(told, ["a=1", "b=1", "-c", "-a"]);
  assert.deepEqual([...client.resources(ENDPOINTS).keys()], ["b"]);
});

test("what Envoy rejects in every response is rejected without being asked", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "delta" });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  const stream = await server.stream();
  await stream.delta();
  stream.send(deltaBytes(CLUSTER, "n1", ["a=1", "a=2"]));
  assert.match((await stream.delta()).errorDetail?.message ?? "", /duplicate name a found among added/);
  stream.send(deltaBytes(CLUSTER, "n2", ["a=1"], ["a"]));
  assert.match((await stream.delta()).errorDetail?.message ?? "", /duplicate name a found in the union/);
  stream.send(deltaBytes(CLUSTER, "n3", ["=1"]));
  assert.match((await stream.delta()).errorDetail?.message ?? "", /without a name/);
  assert.equal(client.resources(CLUSTER).size, 0);
});

test("a response of a type that nobody watches is not answered", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "delta" });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  const stream = await server.stream();
  await stream.delta();
  stream.send(deltaBytes(LISTENER, "n1", ["a=1"]));
  stream.send(deltaBytes(CLUSTER, "n2", ["a=1"]));
  assert.equal((await stream.delta()).nonce, "n2");
});

test("without ADS each type has its own stream on one connection", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "sotw", ads: false });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  client.watch(ENDPOINTS, ["a"]);
  const [clusters, endpoints] = [await server.stream(), await server.stream()];
  assert.equal(clusters.path, "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters");
  assert.equal(endpoints.path, "/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints");
  assert.equal(clusters.connectionId, endpoints.connectionId);
  for (const stream of [clusters, endpoints]) assert.ok((await stream.sotw()).node);
  const vhds = "type.googleapis.com/envoy.config.route.v3.VirtualHost";
  assert.throws(() => client.watch(vhds, "*"), { code: "no-service" });
});
