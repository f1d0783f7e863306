// protocol.md S6: grpc-encoding gzip, with the message limit holding for the inflated size.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { frameMessage } from "../../src/grpc/frame.ts";
import { type EchoServer, listenEcho } from "../support/echo-server.ts";
import { connectTo, startCall, type TestCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

function startGzip(t: TestContext, server: EchoServer): TestCall {
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  return startCall(connection, "/echo", { encoding: "gzip" });
}

test("messages come out inflated and in order, large and small", async (t) => {
  const server = await listenEcho(t);
  const call = startGzip(t, server);
  const messages = [10, 200_000, 0, 50, 90_000, 1].map((length) => randomBytes(length));
  for (const message of messages) call.send(gzipSync(message));
  await waitFor("six echoes", () => call.messages.length === 6);
  assert.deepEqual(
    call.messages.map((message) => Buffer.from(message)),
    messages,
  );
});

test("a half-close right behind a large message waits for it", async (t) => {
  const server = await listenEcho(t);
  const call = startGzip(t, server);
  call.send(gzipSync(randomBytes(300_000)));
  call.end();
  assert.equal((await call.ended).code, 0);
  assert.equal(call.messages[0]?.length, 300_000);
});

for (const [size, bomb] of [
  ["small", gzipSync(Buffer.alloc(2_000_000))],
  ["large", gzipSync(Buffer.alloc(100_000_000))],
] as const) {
  test(`a ${size} gzip bomb is RESOURCE_EXHAUSTED, and the server goes on`, async (t) => {
    const server = await listenEcho(t, { limits: { maxMessageBytes: 1_000_000 } });
    const call = startGzip(t, server);
    call.send(bomb);
    const end = await call.ended;
    assert.equal(end.code, 8);
    assert.match(end.message, /inflates to more than the 1000000 bytes/);
    const next = startGzip(t, server);
    next.send(gzipSync("hello"));
    await waitFor("the echo", () => next.messages.length === 1);
  });
}

test("a hundred near bombs at once hold the memory of a few, and all are answered", async (t) => {
  const inflated = 8 * 1_048_576;
  const server = await listenEcho(t, {
    limits: { maxMessageBytes: inflated },
    onStream: (stream) => ({
      onMessage: (message) => stream.send(frameMessage(Buffer.from(String(message.length)))),
      onEnd() {},
      onDrain() {},
      onClose() {},
    }),
  });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const message = gzipSync(Buffer.alloc(inflated));
  const calls = Array.from({ length: 100 }, () => startCall(connection, "/echo", { encoding: "gzip" }));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (const call of calls) call.send(message);
  await waitFor("a hundred answers", () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    return calls.every(({ messages }) => messages.length === 1);
  });
  assert.ok(calls.every(({ messages }) => Number(Buffer.from(messages[0] as Uint8Array)) === inflated));
  assert.ok(most < 400 * 1_048_576, `${most} bytes`);
});

test("bytes that are not gzip are INTERNAL", async (t) => {
  const server = await listenEcho(t);
  const call = startGzip(t, server);
  call.send(Buffer.from("not gzip"));
  assert.equal((await call.ended).code, 13);
});

test("a compressed message without grpc-encoding is INTERNAL", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const call = startCall(connection, "/echo", { encoding: "gzip", metadata: { "grpc-encoding": "identity" } });
  call.send(gzipSync("x"));
  assert.equal((await call.ended).code, 13);
});

test("another encoding is UNIMPLEMENTED", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const end = await startCall(connection, "/echo", { metadata: { "grpc-encoding": "zstd" } }).ended;
  assert.equal(end.code, 12);
  assert.match(end.message, /zstd/);
});
