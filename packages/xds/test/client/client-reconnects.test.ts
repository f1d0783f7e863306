import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { backoffMs } from "../../src/client/backoff.ts";
import type { StreamStatus } from "../../src/client/stream.ts";
import { createXdsClient } from "../../src/client/xds-client.ts";
import { Inbox, startScriptedServer } from "./scripted-server.ts";
import { CLUSTER, deltaBytes, ENDPOINTS, sotwBytes } from "./support.ts";

const node = { id: "n" };
const backoff = { baseMs: 1, maxMs: 4 };

/** The next status of that kind. */
async function statusOf<K extends StreamStatus["kind"]>(
  statuses: Inbox<StreamStatus>,
  kind: K,
): Promise<Extract<StreamStatus, { kind: K }>> {
  for (;;) {
    const status = await statuses.take();
    if (status.kind === kind) return status as Extract<StreamStatus, { kind: K }>;
  }
}

test("SotW: a new stream is told the versions held, and no nonce", async (t) => {
  const server = await startScriptedServer(t);
  const statuses = new Inbox<StreamStatus>();
  const onStatus = (status: StreamStatus) => statuses.put(status);
  const client = createXdsClient({ target: server.target, node, mode: "sotw", backoff, onStatus });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  const removed = new Inbox<string>();
  client.watch(ENDPOINTS, ["a"]);
  client.watch(CLUSTER, ["a"], { onRemoved: (name) => removed.put(name) }).change([]);
  const before = await server.stream();
  await before.sotw();
  before.send(sotwBytes(CLUSTER, "v7", "n1", ["a=x", "b=x"]));
  await statusOf(statuses, "open");
  before.end(14, "moving house");
  const { status, failures } = await statusOf(statuses, "waiting");
  assert.deepEqual([status, failures], [{ code: 14, message: "moving house" }, 1]);

  client.watch(CLUSTER, "*", { onRemoved: (name) => removed.put(name) });
  const after = await server.stream();
  const [clusters, endpoints] = [await after.sotw(), await after.sotw()];
  assert.deepEqual([clusters.typeUrl, clusters.versionInfo, clusters.nonce], [CLUSTER, "v7", ""]);
  assert.ok(clusters.node);
  assert.deepEqual([endpoints.typeUrl, endpoints.versionInfo, endpoints.resourceNames], [ENDPOINTS, "", ["a"]]);
  after.send(sotwBytes(CLUSTER, "v8", "n1", ["b=x"]));
  assert.equal(await removed.take(), "a");
  assert.equal((await after.sotw()).versionInfo, "v8");
});

test("delta: a new stream is told the version of each resource held, and what has gone is noticed", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "delta", backoff });
  t.after(() => client.close());
  const events = new Inbox<string>();
  client.watch(CLUSTER, "*", {
    onResource: ({ name, version }) => events.put(`${name}=${version}`),
    onRemoved: (name) => events.put(`-${name}`),
  });
  const before = await server.stream();
  await before.delta();
  before.send(deltaBytes(CLUSTER, "n1", ["a=1", "b=1"]));
  await before.delta();
  before.end(0, "");
  const after = await server.stream();
  const first = await after.delta();
  assert.deepEqual(Object.fromEntries(first.initialResourceVersions), { a: "1", b: "1" });
  assert.deepEqual([first.subscribe, first.nonce], [[], ""]);
  after.send(deltaBytes(CLUSTER, "n1", ["b=2"], ["a"]));
  await after.delta();
  const told = [await events.take(), await events.take(), await events.take(), await events.take()];
  assert.deepEqual(told, ["a=1", "b=1", "b=2", "-a"]);
});

test("a server that is away is tried again until it is there, and what went wrong is said", async (t) => {
  const gone = await startScriptedServer(t);
  const { port } = gone.transport.address;
  await gone.transport.close();
  const statuses = new Inbox<StreamStatus>();
  const onStatus = (status: StreamStatus) => statuses.put(status);
  const client = createXdsClient({ target: `127.0.0.1:${port}`, node, mode: "sotw", backoff, onStatus });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  for (const failures of [1, 2, 3]) {
    const waiting = await statusOf(statuses, "waiting");
    assert.equal(waiting.failures, failures);
    assert.equal(waiting.status.code, 14);
    assert.match(waiting.status.message, /connection refused: nothing listens on 127\.0\.0\.1:\d+$/);
    assert.ok(waiting.delayMs <= backoff.maxMs);
  }
  const back = await startScriptedServer(t, port);
  const stream = await back.stream();
  await stream.sotw();
  stream.send(sotwBytes(CLUSTER, "1", "n", ["a=x"]));
  await statusOf(statuses, "open");
  stream.end(14, "again");
  assert.equal((await statusOf(statuses, "waiting")).failures, 1);
});

test("a server that speaks HTTP/1 is called one", async (t) => {
  const server = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const statuses = new Inbox<StreamStatus>();
  const onStatus = (status: StreamStatus) => statuses.put(status);
  const client = createXdsClient({ target, node, mode: "sotw", backoff, onStatus });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  const { status } = await statusOf(statuses, "waiting");
  assert.match(status.message, /does not speak HTTP\/2/);
});

test("a server that does not know the method is quoted", async (t) => {
  const server = await startScriptedServer(t);
  const statuses = new Inbox<StreamStatus>();
  const onStatus = (status: StreamStatus) => statuses.put(status);
  const client = createXdsClient({ target: server.target, node, mode: "sotw", backoff, onStatus });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  (await server.stream()).end(12, "no such method: späť");
  assert.deepEqual((await statusOf(statuses, "waiting")).status, { code: 12, message: "no such method: späť" });
});

test("a response that is no message ends the stream, and the next one goes on", async (t) => {
  const server = await startScriptedServer(t);
  const statuses = new Inbox<StreamStatus>();
  const onStatus = (status: StreamStatus) => statuses.put(status);
  const client = createXdsClient({ target: server.target, node, mode: "sotw", backoff, onStatus });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  const broken = await server.stream();
  broken.send(Buffer.from("ff", "hex"));
  const { status } = await statusOf(statuses, "waiting");
  assert.match(status.message, /not a protobuf message/);
  await broken.closed;
  const stream = await server.stream();
  assert.ok((await stream.sotw()).node);
});

test("after GOAWAY the client comes back on a new connection", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "sotw", backoff });
  t.after(() => client.close());
  client.watch(CLUSTER, "*");
  const before = await server.stream();
  await before.sotw();
  const drained = server.transport.drain();
  before.end(14, "draining");
  await drained;
  const again = await startScriptedServer(t, server.transport.address.port);
  const after = await again.stream();
  assert.ok((await after.sotw()).node);
});

test("a client that wants nothing opens no stream, and one that was closed says so", async (t) => {
  const server = await startScriptedServer(t);
  const statuses = new Inbox<StreamStatus>();
  const onStatus = (status: StreamStatus) => statuses.put(status);
  const client = createXdsClient({ target: server.target, node, mode: "delta", backoff, onStatus });
  t.after(() => client.close());
  const watch = client.watch(CLUSTER, ["a"]);
  const stream = await server.stream();
  watch.stop();
  stream.end(14, "");
  await statusOf(statuses, "waiting");
  await statusOf(statuses, "idle");
  client.watch(CLUSTER, ["b"]);
  await statusOf(statuses, "connecting");
  await server.stream();
  await client.close();
  await statusOf(statuses, "closed");
  assert.equal(statuses.size, 0);
});

test("waits double up to a bound, with full jitter", () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 2000 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (failures, jitter) => {
      const bound = Math.min(30_000, 500 * 2 ** (failures - 1));
      assert.equal(backoffMs(failures, { random: () => jitter }), Math.floor(jitter * bound));
    },
  );
  fc.assert(property);
});
