import assert from "node:assert/strict";
import { createSecureServer, createServer, type ServerHttp2Stream } from "node:http2";
import { type TestContext, test } from "node:test";
import { makeCertificate, type TestCertificate } from "../../../xds/test/support/certificates.ts";
import { grpcMessage } from "../../../xds/test/support/http2-frames.ts";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import type { Endpoint } from "../../src/load/transport/endpoint.ts";
import { connect, open } from "./support/connect.ts";
import { listen } from "./support/listen.ts";

const message = grpcMessage(Buffer.alloc(65_536));
const total = 256; // messages, 16 MiB: more than the kernel keeps for a connection

/** A server that sends the messages as fast as they are taken, and how many are in the kernel or beyond. */
async function listenPushing(
  t: TestContext,
  tls?: TestCertificate,
): Promise<{ readonly endpoint: Endpoint; readonly taken: () => number }> {
  let taken = 0;
  const server = tls === undefined ? createServer() : createSecureServer({ cert: tls.cert, key: tls.key });
  const push = (stream: ServerHttp2Stream, left: number): void => {
    if (left === 0 || stream.destroyed) return;
    stream.write(message, () => {
      taken += 1;
      push(stream, left - 1);
    });
  };
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    push(stream, total);
  });
  const endpoint = await listen(t, server);
  return { endpoint: tls === undefined ? endpoint : { ...endpoint, tls: { ca: tls.cert } }, taken: () => taken };
}

for (const tls of [undefined, makeCertificate("server", { sans: [["IP", "127.0.0.1"]] })]) {
  test(`a reader that pauses stops the server, and gets everything when it reads on${tls ? ", over TLS" : ""}`, async (t) => {
    const { endpoint, taken } = await listenPushing(t, tls);
    const { connection } = connect(t, endpoint);
    const other = connect(t, endpoint).connection;
    let received = 0;
    const handlers = { onMessage: () => void (++received === 1 && connection.pauseReading()), onEnd: () => {} };
    connection.openStream("/slow", handlers);
    await waitFor("the first message", () => received > 0);
    const healthy = open(other);
    await waitFor("the other connection's messages", () => healthy.messages.length === total);
    assert.ok(received < 10, "what lay in the buffer was handed out, and no more was read");
    assert.ok(taken() < 2 * total, "the server could not send all");
    connection.resumeReading();
    await waitFor("all messages", () => received === total);
  });
}

test("a reader that is paused before it is connected reads nothing but what opens it", async (t) => {
  const { endpoint } = await listenPushing(t);
  const { connection } = connect(t, endpoint);
  connection.pauseReading();
  const slow = open(connection);
  const { connection: other } = connect(t, endpoint);
  const healthy = open(other);
  await waitFor("the other connection's messages", () => healthy.messages.length === total);
  assert.equal(slow.messages.length, 0);
  assert.equal(connection.isEnded, false);
});

test("a reader with a rate reads less at a time than one without, and everything in the end", async (t) => {
  const { endpoint } = await listenPushing(t);
  const slow = connect(t, endpoint).connection;
  const slowCall = open(slow);
  slow.limitReading(1_000_000); // 16 s for all of it
  const fast = open(connect(t, endpoint).connection);
  await waitFor("the fast reader", () => fast.messages.length === total);
  assert.ok(slowCall.messages.length < total, "the slow one is behind");
  slow.resumeReading();
  await waitFor("the slow reader, without its limit", () => slowCall.messages.length === total);
});
