// protocol.md S2 over HTTP/1.1; reliability.md, "HTTP/2 and gRPC edge", for those who poll.
import assert from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import type { HttpAnswer, HttpBodyHandler, HttpHead } from "../../src/server/transport.ts";
import { makeCertificate } from "../support/certificates.ts";
import { type EchoOptions, type EchoServer, listenEcho, quick } from "../support/echo-server.ts";
import { waitFor } from "../support/wait-for.ts";

const POST = "POST /echo HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\n";
const poll = (body: string) => `${POST}content-length: ${body.length}\r\n\r\n${body}`;

/** Answers with what was sent. */
function echo(): HttpBodyHandler {
  return (body) => ({ status: 200, contentType: "application/json", body });
}

function listen(t: TestContext, options: EchoOptions = {}): Promise<EchoServer> {
  return listenEcho(t, { onRequest: echo, ...options, limits: { ...quick, ...options.limits } });
}

/** A connection, with all that came over it. */
function open(t: TestContext, { port }: EchoServer) {
  const socket = connectTcp(port, "127.0.0.1");
  t.after(() => socket.destroy());
  return record(socket);
}

function record(socket: Socket) {
  const seen = { text: "", isClosed: false, socket };
  socket.setNoDelay(true).setEncoding("latin1");
  socket.on("data", (part: string) => {
    seen.text += part;
  });
  socket.on("error", () => {}); // 'close' follows
  socket.on("close", () => {
    seen.isClosed = true;
  });
  return seen;
}

test("requests follow one another on a connection, however they are cut (S2)", async (t) => {
  const server = await listen(t);
  const client = open(t, server);
  client.socket.write(poll("one") + poll("two"));
  await waitFor("both answers", () => client.text.endsWith("two"));
  for (const byte of poll("three")) {
    client.socket.write(byte);
    await new Promise((next) => setImmediate(next));
  }
  await waitFor("the third", () => client.text.endsWith("three"));
  assert.equal(client.text.match(/HTTP\/1\.1 200/g)?.length, 3);
  assert.equal(client.isClosed, false);
  assert.equal(server.transport.partialBytes + server.transport.queuedBytes, 0);
});

test("TLS: HTTP/1.1 by ALPN, and without ALPN; the certificate's names are the connection's (S2, S6)", async (t) => {
  const authority = makeCertificate("test authority");
  const own = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
  const client = makeCertificate("client", { issuer: authority, sans: [["DNS", "edge.example"]] });
  const heads: HttpHead[] = [];
  const server = await listen(t, {
    tls: { cert: { pem: own.cert }, key: { pem: own.key }, clientCa: { pem: authority.cert } },
    onRequest: (head) => {
      heads.push(head);
      return echo();
    },
  });
  for (const ALPNProtocols of [["http/1.1"], undefined]) {
    const credentials = { ca: authority.cert, cert: client.cert, key: client.key };
    const socket = connectTls({
      port: server.port,
      host: "127.0.0.1",
      ...credentials,
      ...(ALPNProtocols && { ALPNProtocols }),
    });
    t.after(() => socket.destroy());
    const seen = record(socket);
    socket.write(poll("x"));
    await waitFor("the answer", () => seen.text.endsWith("x"));
  }
  assert.deepEqual(
    heads.map(({ connection }) => connection.sans),
    [["edge.example"], ["edge.example"]],
  );
});

for (const [what, sent, status] of [
  ["a header list over its limit", `${POST}x: ${"x".repeat(20_000)}\r\n\r\n`, "431"],
  ["what is no HTTP", "POST /echo HTTP/1.1\r\nno header\r\n\r\n", "400"],
  ["a body that says it is too large", `${POST}content-length: 5000\r\n\r\n`, "413"],
  [
    "a body that turns out too large",
    `${POST}transfer-encoding: chunked\r\n\r\n1388\r\n${"x".repeat(5_000)}\r\n`,
    "413",
  ],
] as const) {
  test(`${what} is answered ${status}, and the connection closed`, async (t) => {
    const server = await listen(t, { limits: { maxMessageBytes: 1_000 } });
    const client = open(t, server);
    client.socket.write(sent);
    await waitFor("the connection to be closed", () => client.isClosed);
    assert.match(client.text, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.equal(server.transport.partialBytes, 0);
  });
}

for (const [what, sent, limits, pattern] of [
  ["says nothing", "", { handshakeMs: 50 }, /^$/],
  ["does not end its first headers", POST, { handshakeMs: 50 }, /^$/],
  ["does not end its body", `${POST}content-length: 9\r\n\r\nx`, { messageMs: 50 }, /^HTTP\/1\.1 408 /],
  ["polls no more", poll("x"), { http1IdleMs: 50 }, /^HTTP\/1\.1 200 /],
] as const) {
  test(`a client that ${what} is closed in time`, async (t) => {
    const server = await listen(t, { limits });
    const client = open(t, server);
    client.socket.write(sent);
    await waitFor("the connection to be closed", () => client.isClosed);
    assert.match(client.text, pattern);
    await waitFor("nothing to be left", () => server.transport.connections + server.transport.partialBytes === 0);
  });
}

test("who does not read its answer is closed, and told of as not answered", async (t) => {
  const body = Buffer.alloc(64 * 1_048_576);
  const outcomes: boolean[] = [];
  const answer: HttpAnswer = { status: 200, body, onDone: (isWhole) => void outcomes.push(isWhole) };
  const server = await listen(t, { limits: { evictAfterMs: 50 }, onRequest: () => () => answer });
  const client = open(t, server);
  client.socket.pause();
  client.socket.write(poll("x"));
  await waitFor("the answer to be given up", () => outcomes.length > 0);
  assert.deepEqual(outcomes, [false]);
  await waitFor("nothing to be left", () => server.transport.connections + server.transport.queuedBytes === 0);
});

test("more requests at once than a client that polls needs close the connection", async (t) => {
  const server = await listen(t, { limits: { messageMs: 60_000 } });
  const client = open(t, server);
  client.socket.write(poll("x").repeat(1_000));
  await waitFor("an end", () => client.isClosed || client.text.split("HTTP/1.1 200").length === 1_001);
  await waitFor("nothing to be queued", () => server.transport.queuedBytes + server.transport.partialBytes === 0);
});

test("a handler that throws costs its own request", async (t) => {
  let isBroken = true;
  const server = await listen(t, {
    onRequest: () => (body) => {
      if (isBroken) throw new Error("broken");
      return { status: 200, body };
    },
  });
  const client = open(t, server);
  client.socket.write(poll("x"));
  await waitFor("500", () => client.text.startsWith("HTTP/1.1 500 "));
  isBroken = false;
  client.socket.write(poll("well"));
  await waitFor("200", () => client.text.endsWith("well"));
  assert.deepEqual(server.faults.map(String), ["Error: broken"]);
});

test("a drain lets answers go out, and closes connections behind them (S6)", async (t) => {
  const server = await listen(t);
  const [idle, busy] = [open(t, server), open(t, server)];
  idle.socket.write(poll("x"));
  await waitFor("an answer", () => idle.text.endsWith("x"));
  busy.socket.write(`${POST}content-length: 3\r\n\r\nx`);
  await waitFor("a body under way", () => server.transport.partialBytes > 0);
  const drained = server.transport.drain();
  await waitFor("the idle one to be closed", () => idle.isClosed);
  assert.equal(busy.isClosed, false);
  busy.socket.write("yz");
  await drained;
  await waitFor("the busy one to be closed", () => busy.isClosed);
  assert.match(busy.text, /^HTTP\/1\.1 200 /);
  assert.ok(busy.text.endsWith("xyz"));
});

test("a drain closes a connection behind an answer that was on its way already (S6)", async (t) => {
  const body = Buffer.alloc(64 * 1_048_576);
  const server = await listen(t, { onRequest: () => () => ({ status: 200, body }) });
  const client = open(t, server);
  client.socket.pause();
  client.socket.write(poll("x"));
  await waitFor("an answer on its way", () => server.transport.queuedBytes > 0);
  const drained = server.transport.drain();
  client.socket.resume();
  await drained;
  await waitFor("the connection to be closed", () => client.isClosed);
  assert.ok(client.text.length > body.length);
});

test("headers that come byte by byte do not hold a connection for longer than silence does", async (t) => {
  const server = await listen(t, { limits: { http1IdleMs: 50 } });
  const client = open(t, server);
  client.socket.write(poll("x") + POST);
  const dribble = setInterval(() => client.socket.write("x"), 5);
  t.after(() => clearInterval(dribble));
  await waitFor("the connection to be closed", () => client.isClosed);
  assert.match(client.text, /^HTTP\/1\.1 200 /);
});

test("a connection over its age is closed behind an answer, so that clients move to new replicas", async (t) => {
  const server = await listen(t, { limits: { maxConnectionAgeMs: 1 } });
  const client = open(t, server);
  for (let answers = 1; !client.isClosed; answers++) {
    client.socket.write(poll("x"));
    await waitFor("an answer", () => client.isClosed || client.text.split("HTTP/1.1 200").length > answers);
  }
  assert.match(client.text, /connection: close/i);
  assert.ok(client.text.endsWith("x"));
});
