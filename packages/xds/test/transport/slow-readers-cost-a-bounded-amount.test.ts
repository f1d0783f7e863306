// reliability.md: bytes queued per connection; eviction: 30 s with unread bytes and no progress, never for a missing ACK.
import assert from "node:assert/strict";
import { test } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { listenEcho, quick } from "../support/echo-server.ts";
import { FrameType, frame, messageFrame, openFrame, uint32 } from "../support/http2-frames.ts";
import { connectRaw } from "../support/raw-http2.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const small = { streamWindowBytes: 65_535, connectionWindowBytes: 65_535 };

test("a stream beyond the bytes that its connection may queue is closed; another connection is unharmed", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxQueuedBytesPerConnection: 500_000 } });
  const [slowConnection, connection] = [connectTo(server.target, small), connectTo(server.target)];
  t.after(() => [slowConnection, connection].map((one) => one.close()));
  const slow = startCall(slowConnection, "/slow");
  slow.send("x");
  await waitFor("the slow stream", () => slow.messages.length === 1);
  slow.pause();
  const healthy = startCall(connection);
  const stream = [...server.streams].find(({ path }) => path === "/slow");
  assert.ok(stream);
  const frame = frameMessage(Buffer.alloc(100_000));
  let mostQueued = 0;
  for (let sent = 0; sent < 100 && server.streams.has(stream); sent++) {
    stream.send(frame);
    mostQueued = Math.max(mostQueued, stream.queuedBytes);
    healthy.send("y");
    await waitFor("the healthy echo", () => healthy.messages.length === sent + 1);
  }
  assert.ok(mostQueued <= 500_000, `${mostQueued}`);
  assert.match(server.closeReasons[0] ?? "", /more than 500000 bytes queued/);
  slow.resume();
  assert.equal((await slow.ended).code, 8);
});

test("one frame larger than the limit still goes out, and what a connection is allowed counts", async (t) => {
  const server = await listenEcho(t, { limits: { maxQueuedBytesPerConnection: 1_024 } });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send("x");
  const stream = await waitFor("the stream", () => [...server.streams][0]);
  await waitFor("the echo", () => call.messages.length === 1 && stream.queuedBytes === 0);
  stream.send(frameMessage(Buffer.alloc(1_000_000)));
  stream.connection.allow({ queuedBytes: 2_000_100 });
  stream.send(frameMessage(Buffer.alloc(1_000_000)));
  await waitFor("both", () => call.messages.length === 3);
  assert.equal(stream.queuedBytes, 0);
});

test("a stream with unread bytes and no progress for evictAfterMs is evicted; its neighbours on the connection stay", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, evictAfterMs: 100 } });
  const connection = connectTo(server.target, { streamWindowBytes: 65_535, connectionWindowBytes: 1_000_000 });
  t.after(() => connection.close());
  const [stuck, neighbour] = [startCall(connection), startCall(connection)];
  stuck.pause();
  stuck.send(Buffer.alloc(300_000));
  neighbour.send("x");
  await waitFor("the eviction", () => server.closeReasons.length === 1);
  assert.match(server.closeReasons[0] ?? "", /^evicted: \d+ bytes unread for 100 ms/);
  neighbour.send("y");
  await waitFor("the neighbour's echoes", () => neighbour.messages.length === 2);
  stuck.resume();
  assert.equal((await stuck.ended).code, 8);
});

test("a slow reader that makes progress is not evicted, nor one that owes nothing but an ACK", async (t) => {
  const evictAfterMs = 800;
  const server = await listenEcho(t, { limits: { ...quick, evictAfterMs } });
  const connection = connectTo(server.target, small);
  t.after(() => connection.close());
  const silent = startCall(connection);
  const slow = startCall(connection, "/slow");
  for (const call of [silent, slow]) call.send("x");
  await waitFor("both streams", () => slow.messages.length === 1 && silent.messages.length === 1);
  const stream = [...server.streams].find(({ path }) => path === "/slow");
  assert.ok(stream);
  stream.connection.allow({ queuedBytes: 200_000_000 });
  for (let at = 0; at < 100; at++) stream.send(frameMessage(Buffer.alloc(1_000_000)));
  const startedMs = performance.now();
  while (performance.now() - startedMs < 2 * evictAfterMs) {
    slow.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    slow.resume();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(stream.queuedBytes > 0, "it was not slow enough for this test");
  assert.deepEqual(server.closeReasons, []);
});

test("onDrain tells once that all is with the kernel, when not all could be at once", async (t) => {
  let drains = 0;
  const queuedAtDrain: number[] = [];
  const server = await listenEcho(t, {
    onStream: (stream) => ({
      onMessage() {
        for (let at = 0; at < 3; at++) stream.send(frameMessage(Buffer.alloc(200_000)));
      },
      onEnd() {},
      onDrain() {
        drains += 1;
        queuedAtDrain.push(stream.queuedBytes);
      },
      onClose() {},
    }),
  });
  const connection = connectTo(server.target, small);
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send("x");
  await waitFor("all messages", () => call.messages.length === 3 && drains > 0);
  assert.deepEqual([drains, queuedAtDrain], [1, [0]]);
});

test("a thousand slow readers of a shared frame cost no thousand copies", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxQueuedBytesPerConnection: 64 * 1_048_576 } });
  const connections = Array.from({ length: 10 }, () => connectTo(server.target, small));
  t.after(() => connections.map((one) => one.close()));
  const calls = connections.flatMap((one) => Array.from({ length: 100 }, () => startCall(one)));
  for (const call of calls) call.pause();
  await waitFor("all streams", () => server.streams.size === calls.length);
  const frame = frameMessage(Buffer.alloc(1_000_000));
  const before = process.memoryUsage();
  for (const stream of server.streams) stream.send(frame);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const after = process.memoryUsage();
  const grown = after.arrayBuffers + after.external - before.arrayBuffers - before.external;
  assert.ok(grown < 100_000_000, `${grown} bytes for ${calls.length} streams that queue 1 MB each`);
});

test("streams that are reset with bytes on their way leave nothing counted", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const wide = 2 ** 31 - 1;
  const client = connectRaw(server.port, { settings: [[4, wide]], keepsFrames: false });
  client.send(frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(wide - 65_535)));
  for (let at = 0; at < 20; at++) {
    const id = 2 * at + 1;
    client.send(openFrame(id), messageFrame(id, Buffer.from("x")));
    const stream = await waitFor("the stream", () => [...server.streams][0]);
    await waitFor("its echo to leave", () => stream.queuedBytes === 0);
    client.socket.pause();
    stream.connection.allow({ queuedBytes: 100_000_000 });
    for (let sent = 0; sent < 20; sent++) stream.send(frameMessage(Buffer.alloc(1_000_000)));
    await waitFor("the kernel to be full", () => stream.queuedBytes > 1_000_000);
    client.send(frame(FrameType.RST_STREAM, 0, id, uint32(8)));
    client.socket.resume();
    await waitFor("the stream to end", () => server.streams.size === 0);
  }
  client.close();
  await waitFor("the connection to be gone", () => server.transport.connections === 0);
  assert.deepEqual([server.transport.queuedBytes, server.transport.partialBytes], [0, 0]);
});
