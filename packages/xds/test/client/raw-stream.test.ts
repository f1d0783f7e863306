import assert from "node:assert/strict";
import { test } from "node:test";
import { openRawStream } from "../../src/client/raw-stream.ts";
import { RealServer } from "./real-server.ts";
import { startScriptedServer } from "./scripted-server.ts";
import { CLUSTER, deltaBytes, ENDPOINTS, sotwBytes } from "./support.ts";

const node = { id: "n" };
const SCOPED_ROUTES = "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration";

test("SotW requests remember names, version and nonce", async (t) => {
  const server = await startScriptedServer(t);
  const stream = openRawStream({ target: server.target, mode: "sotw", node });
  t.after(() => stream.close());
  const peer = await server.stream();
  stream.subscribe(ENDPOINTS, ["a", "b"]);
  assert.ok((await peer.sotw()).node);
  peer.send(sotwBytes(CLUSTER, "1", "c1", ["c=x"]));
  peer.send(sotwBytes(ENDPOINTS, "1", "n1", ["a=x"]));
  const response = await stream.next(ENDPOINTS);
  stream.ack(response);
  const ack = await peer.sotw();
  assert.deepEqual([ack.resourceNames, ack.versionInfo, ack.nonce], [["a", "b"], "1", "n1"]);
  peer.send(sotwBytes(ENDPOINTS, "2", "n2", ["a=y"]));
  stream.nack(await stream.next(ENDPOINTS), "no");
  const nack = await peer.sotw();
  assert.deepEqual([nack.versionInfo, nack.nonce, nack.errorDetail], ["1", "n2", { code: 3, message: "no" }]);
  assert.deepEqual(
    stream.pending.map(({ nonce }) => nonce),
    ["c1"],
  );
  await assert.rejects(stream.finish(), { code: "unexpected-response" });
});

test("an end is told to who waits", async (t) => {
  const server = await startScriptedServer(t);
  const stream = openRawStream({ target: server.target, mode: "delta", node, typeUrl: CLUSTER });
  t.after(() => stream.close());
  const peer = await server.stream();
  assert.equal(peer.path, "/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters");
  const next = stream.next();
  peer.end(3, "no node");
  await assert.rejects(next, { code: "stream-ended", message: /INVALID_ARGUMENT: no node/ });
  assert.deepEqual(await stream.ended, { code: 3, message: "no node" });
});

test("a wait ends, and says what came instead", async (t) => {
  const server = await startScriptedServer(t);
  const stream = openRawStream({ target: server.target, mode: "delta", node, timeoutMs: 200 });
  t.after(() => stream.close());
  const peer = await server.stream();
  peer.send(deltaBytes(CLUSTER, "n1", ["a=1"], ["b"]));
  await assert.rejects(stream.next(ENDPOINTS), { code: "no-response", message: /a@1 -b/ });
});

/** Answers barriers, as any server does. */
async function answerBarriers(peer: Awaited<ReturnType<Awaited<ReturnType<typeof startScriptedServer>>["stream"]>>) {
  for (;;) {
    const { typeUrl, subscribe } = await peer.delta();
    if (typeUrl === SCOPED_ROUTES && subscribe.length > 0) peer.send(deltaBytes(typeUrl, "barrier", [], subscribe));
  }
}

test("nothing is expected, and nothing comes", async (t) => {
  const server = await startScriptedServer(t);
  const stream = openRawStream({ target: server.target, mode: "delta", node });
  t.after(() => stream.close());
  answerBarriers(await server.stream()).catch(() => {});
  await stream.expectNothing();
  await stream.expectNothing();
});

test("nothing is expected, and something comes", async (t) => {
  const server = await startScriptedServer(t);
  const stream = openRawStream({ target: server.target, mode: "delta", node });
  t.after(() => stream.close());
  const peer = await server.stream();
  peer.send(deltaBytes(CLUSTER, "n1", ["a=1"]));
  answerBarriers(peer).catch(() => {});
  await assert.rejects(stream.expectNothing(), { code: "unexpected-response", message: /a@1/ });
});

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: a server says nothing to an ACK, a NACK, or the same again`, async (t) => {
    const server = await RealServer.start(t);
    server.commit({ [CLUSTER]: { a: "1" }, [ENDPOINTS]: { a: "1" } });
    const stream = openRawStream({ target: server.target, mode, node });
    t.after(() => stream.close());
    stream.subscribe(CLUSTER);
    stream.subscribe(ENDPOINTS, ["a"]);
    await stream.nextAcked(CLUSTER);
    await stream.nextAcked(ENDPOINTS);
    await stream.expectNothing();
    server.commit({ [CLUSTER]: { a: "2" } });
    stream.nack(await stream.next(CLUSTER), "no");
    await stream.expectNothing();
    server.commit({ [CLUSTER]: { a: "2" } });
    await stream.expectNothing();
    server.commit({ [ENDPOINTS]: { a: "2" } });
    await stream.next(ENDPOINTS);
    assert.deepEqual(await stream.finish(), { code: 0, message: "" });
  });

  test(`${mode}: without a node a stream is refused`, async (t) => {
    const server = await RealServer.start(t);
    const stream = openRawStream({ target: server.target, mode });
    t.after(() => stream.close());
    stream.subscribe(CLUSTER);
    await assert.rejects(stream.next(), { code: "stream-ended", message: /INVALID_ARGUMENT/ });
  });

  test(`${mode}: bytes that are no message end the stream`, async (t) => {
    const server = await RealServer.start(t);
    const stream = openRawStream({ target: server.target, mode, node });
    t.after(() => stream.close());
    stream.sendBytes(Buffer.of(0xff));
    await assert.rejects(stream.next(), { code: "stream-ended", message: /INVALID_ARGUMENT: not a protobuf message/ });
  });
}

test("a delta stream of one type has a barrier too", async (t) => {
  const server = await RealServer.start(t);
  server.commit({ [ENDPOINTS]: { a: "1" } });
  const stream = openRawStream({ target: server.target, mode: "delta", node, typeUrl: ENDPOINTS });
  t.after(() => stream.close());
  stream.subscribe(ENDPOINTS, ["a"]);
  await stream.nextAcked();
  await stream.expectNothing();
  stream.subscribe(ENDPOINTS, ["a"]);
  await assert.rejects(stream.expectNothing(), { code: "unexpected-response" });
});
