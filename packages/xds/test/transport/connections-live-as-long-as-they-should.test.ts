// reliability.md: keepalive, connection age, GOAWAY on drain (protocol.md S6).
import assert from "node:assert/strict";
import { test } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { status } from "../../src/grpc/status.ts";
import { listenEcho, quick } from "../support/echo-server.ts";
import { FrameType, frame, messageFrame, openFrame, uint32 } from "../support/http2-frames.ts";
import { connectRaw, lastGoaway } from "../support/raw-http2.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

test("a silent peer is sent a PING, and one that answers stays", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, keepaliveIdleMs: 20, keepaliveTimeoutMs: 1_000 } });
  const client = connectRaw(server.port);
  await waitFor("five PINGs", () => client.frames.filter(({ type }) => type === FrameType.PING).length >= 5);
  assert.equal(client.isClosed, false);
  assert.equal(server.transport.connections, 1);
  client.close();
});

test("a peer that does not answer the PING is closed, with its streams", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, keepaliveIdleMs: 20, keepaliveTimeoutMs: 30 } });
  const client = connectRaw(server.port, { answers: false });
  client.send(openFrame(1));
  await client.closed;
  assert.deepEqual(server.closeReasons, ["no answer to a keepalive PING within 30 ms"]);
  assert.equal(server.transport.connections, 0);
});

test("a peer that does not even read is gone closeMs later", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, keepaliveIdleMs: 20, keepaliveTimeoutMs: 30 } });
  const wide = 2 ** 31 - 1;
  const client = connectRaw(server.port, { answers: false, settings: [[4, wide]] });
  client.send(openFrame(1), frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(wide - 65_535)));
  const stream = await waitFor("the stream", () => [...server.streams][0]);
  client.socket.pause();
  stream.connection.allow({ queuedBytes: 100_000_000 });
  for (let at = 0; at < 50; at++) stream.send(frameMessage(Buffer.alloc(1_000_000)));
  await waitFor("the kernel to be full", () => stream.queuedBytes > 1_000_000);
  await waitFor("the connection to be gone", () => server.transport.connections === 0);
  client.close();
});

test("an old connection gets GOAWAY, new streams are refused, and its streams end with UNAVAILABLE after the grace", async (t) => {
  const limits = { ...quick, maxConnectionAgeMs: 300, connectionAgeJitter: 0, connectionAgeGraceMs: 1_000 };
  const server = await listenEcho(t, { limits });
  const connection = connectTo(server.target);
  const call = startCall(connection);
  call.send("x");
  await waitFor("the echo", () => call.messages.length === 1);
  await waitFor("GOAWAY", () => connection.isDraining);
  assert.equal(call.status, undefined);
  call.send("y");
  await waitFor("an echo within the grace", () => call.messages.length === 2);
  const end = await call.ended;
  assert.equal(end.code, 14);
  assert.match(end.message, /connect again/);
  await connection.closed;
});

test("a client that says GOAWAY is rid of its streams and its connection, though it says no more", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick } });
  const client = connectRaw(server.port);
  client.send(openFrame(1), messageFrame(1, Buffer.from("x")));
  await waitFor("the stream", () => server.streams.size === 1);
  client.send(frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(8)));
  await waitFor("the connection to be gone", () => server.transport.connections === 0);
  await client.closed;
});

test("a draining connection may be silent for longer than keepalive allows", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, keepaliveIdleMs: 20, keepaliveTimeoutMs: 20 } });
  const connection = connectTo(server.target);
  const call = startCall(connection);
  call.send("x");
  await waitFor("the echo", () => call.messages.length === 1);
  const drained = server.transport.drain();
  await waitFor("GOAWAY", () => connection.isDraining);
  await new Promise((resolve) => setTimeout(resolve, 150));
  call.end();
  assert.deepEqual(await call.ended, status("OK"));
  await drained;
});

test("ages differ by the jitter", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxConnectionAgeMs: 200, connectionAgeJitter: 1 } });
  const clients = Array.from({ length: 20 }, () => connectRaw(server.port));
  await waitFor("some to be closed while others are open", () => {
    const closed = clients.filter(({ isClosed }) => isClosed).length;
    return closed > 0 && closed < clients.length;
  });
  for (const client of clients) client.close();
});

test("drain: GOAWAY, no new connection, open streams finish, and then it resolves", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  const call = startCall(connection);
  call.send("x");
  await waitFor("the echo", () => call.messages.length === 1);
  let isDrained = false;
  const drained = server.transport.drain().then(() => {
    isDrained = true;
  });
  await waitFor("GOAWAY", () => connection.isDraining);
  const late = startCall(connectTo(server.target));
  assert.equal((await late.ended).code, 14);
  call.send("y");
  await waitFor("the echo while draining", () => call.messages.length === 2);
  assert.equal(isDrained, false);
  call.end();
  assert.deepEqual(await call.ended, status("OK"));
  await drained;
  assert.equal(server.transport.connections, 0);
});

test("drain resolves at once where nobody is connected, and idle connections close", async (t) => {
  const server = await listenEcho(t);
  const client = connectRaw(server.port);
  await waitFor("the connection", () => server.transport.connections === 1);
  await server.transport.drain();
  await client.closed;
  assert.equal(lastGoaway(client)?.code, 0);
  await server.transport.drain();
});

test("close ends streams with UNAVAILABLE, and even those that don't read", async (t) => {
  const server = await listenEcho(t, { limits: { closeMs: 100 } });
  const call = startCall(connectTo(server.target));
  call.send("x");
  const stuck = connectRaw(server.port, { settings: [[4, 0]] }); // a window of no bytes
  stuck.send(openFrame(1), messageFrame(1, Buffer.from("x")));
  await waitFor("both streams", () => server.streams.size === 2);
  await server.transport.close();
  assert.deepEqual(await call.ended, status("UNAVAILABLE", "the server is closing"));
  assert.equal(server.transport.connections, 0);
  assert.equal(server.streams.size, 0);
  await stuck.closed;
});

test("half-open connections do not hold close up", async (t) => {
  const server = await listenEcho(t, { limits: { handshakeMs: 600_000 } });
  const client = connectRaw(server.port, { handshake: false });
  client.send(Buffer.from("PRI * "));
  connectRaw(server.port);
  await waitFor("the next connection: this one was accepted before it", () => server.transport.connections === 1);
  await server.transport.close();
  await client.closed;
});
