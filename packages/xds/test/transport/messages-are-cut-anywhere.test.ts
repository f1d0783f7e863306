// protocol.md S6: gRPC framing, whatever the chunks; message size limit -> RESOURCE_EXHAUSTED.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frameMessage } from "../../src/grpc/frame.ts";
import { status } from "../../src/grpc/status.ts";
import { Unframer } from "../../src/grpc/unframe.ts";
import { listenEcho } from "../support/echo-server.ts";
import { grpcMessage, messageFrame, openFrame } from "../support/http2-frames.ts";
import { connectRaw } from "../support/raw-http2.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

function readAll(unframer: Unframer): string[] {
  const found: string[] = [];
  for (let next = unframer.read(); next !== undefined; next = unframer.read()) {
    assert.equal(next.kind, "message");
    if (next.kind === "message") found.push(`${next.isCompressed} ${Buffer.from(next.bytes).toString("hex")}`);
  }
  return found;
}

test("the same messages come out, however the bytes are cut", () => {
  const message = fc.record({ body: fc.uint8Array({ maxLength: 3_000 }), isCompressed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 2_000 })), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(({ body, isCompressed }) => grpcMessage(body, isCompressed ? 1 : 0)));
      const unframer = new Unframer(3_000);
      const found: string[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        unframer.push(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
        found.push(...readAll(unframer));
      }
      const expected = messages.map(({ body, isCompressed }) => `${isCompressed} ${Buffer.from(body).toString("hex")}`);
      assert.deepEqual(found, expected);
      assert.equal(unframer.partialBytes, 0);
    }),
  );
});

test("frameMessage writes what gRPC reads", () => {
  const body = Buffer.from("0123456789");
  assert.deepEqual(frameMessage(body), grpcMessage(body));
  assert.deepEqual(frameMessage(Buffer.alloc(70_000)).subarray(0, 5), Buffer.of(0, 0, 1, 0x11, 0x70));
});

test("a small message does not keep a large chunk alive", () => {
  const chunk = Buffer.concat([grpcMessage(Buffer.from("small")), grpcMessage(Buffer.alloc(60_000))]);
  const unframer = new Unframer(100_000);
  unframer.push(chunk);
  const small = unframer.read();
  assert.ok(small?.kind === "message" && small.bytes.buffer.byteLength < 1_000);
});

test("a claimed length costs nothing until its bytes come", () => {
  const before = process.memoryUsage().arrayBuffers;
  const unframers = Array.from({ length: 1_000 }, () => {
    const unframer = new Unframer(4_194_304);
    unframer.push(grpcMessage(Buffer.from("x"), 0, 4_194_304));
    assert.equal(unframer.read(), undefined);
    return unframer;
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
  assert.equal(unframers.length, 1_000);
});

test("a message over the limit is RESOURCE_EXHAUSTED before its body comes; the same connection goes on", async (t) => {
  const server = await listenEcho(t, { limits: { maxMessageBytes: 1_000 } });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const [large, fits] = [startCall(connection), startCall(connection)];
  large.send(Buffer.alloc(1_001));
  const end = await large.ended;
  assert.equal(end.code, 8);
  assert.match(end.message, /1001 bytes.*1000/);
  fits.send(Buffer.alloc(1_000));
  await waitFor("the echo", () => fits.messages[0]?.length === 1_000);
});

test("a connection that is allowed larger messages sends them", async (t) => {
  const server = await listenEcho(t, {
    limits: { maxMessageBytes: 1_000, maxAllowedMessageBytes: 2_000 },
    onStream(stream) {
      stream.connection.allow({ messageBytes: 1_000_000 });
      return undefined;
    },
  });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send(Buffer.alloc(2_000));
  await waitFor("the echo", () => call.messages[0]?.length === 2_000);
  call.send(Buffer.alloc(2_001));
  assert.equal((await call.ended).code, 8);
});

test("a compressed flag that is neither 0 nor 1 is INTERNAL", async (t) => {
  const server = await listenEcho(t);
  const client = connectRaw(server.port);
  client.send(openFrame(1), messageFrame(1, Buffer.from("x"), 2));
  await waitFor("the status", () => server.closeReasons.length === 1);
  assert.deepEqual(server.closeReasons, ["ended with INTERNAL"]);
  client.close();
});

test("a request that ends within a message is INTERNAL", async (t) => {
  const server = await listenEcho(t);
  const client = connectRaw(server.port);
  const half = messageFrame(1, Buffer.from("half"), 0, 100);
  half[4] = 1; // END_STREAM
  client.send(openFrame(1), half);
  await waitFor("the status", () => server.closeReasons.length === 1);
  assert.deepEqual(server.closeReasons, ["ended with INTERNAL"]);
  client.close();
});

test("a stream that opens and stays silent is DEADLINE_EXCEEDED after firstRequestMs", async (t) => {
  const server = await listenEcho(t, { limits: { sweepIntervalMs: 10, firstRequestMs: 50 } });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const [silent, used] = [startCall(connection), startCall(connection)];
  used.send("x");
  assert.deepEqual(await silent.ended, status("DEADLINE_EXCEEDED", "no request came within 50 ms"));
  assert.equal(used.status, undefined);
});

test("a message that is not finished is DEADLINE_EXCEEDED after messageMs", async (t) => {
  const server = await listenEcho(t, { limits: { sweepIntervalMs: 10, messageMs: 50 } });
  const client = connectRaw(server.port);
  client.send(openFrame(1), messageFrame(1, Buffer.from("whole")), messageFrame(1, Buffer.from("half"), 0, 100));
  await waitFor("the call's end", () => server.closeReasons.length === 1);
  assert.deepEqual(server.closeReasons, ["ended with DEADLINE_EXCEEDED"]);
  client.close();
});

test("unfinished messages hold a bounded number of bytes", async (t) => {
  const server = await listenEcho(t, { limits: { maxMessageBytes: 4_096 } });
  const client = connectRaw(server.port);
  for (let at = 0; at < 10; at++)
    client.send(openFrame(2 * at + 1), messageFrame(2 * at + 1, Buffer.alloc(2_000), 0, 4_000));
  await waitFor("the excess to end", () => server.closeReasons.length === 6); // 4 of 2,005 bytes fit in twice 4,096
  assert.ok(server.closeReasons.every((reason) => reason === "ended with RESOURCE_EXHAUSTED"));
  assert.equal(server.streams.size, 4);
  client.close();
});

test("unfinished messages of all connections together hold a bounded number of bytes", async (t) => {
  const server = await listenEcho(t, { limits: { maxPartialBytes: 10_000 } });
  const clients = Array.from({ length: 8 }, () => connectRaw(server.port));
  for (const client of clients) client.send(openFrame(1), messageFrame(1, Buffer.alloc(2_000), 0, 4_000));
  await waitFor("the excess to end", () => server.closeReasons.length === 4);
  assert.equal(server.streams.size, 4);
  for (const client of clients) client.close();
});
