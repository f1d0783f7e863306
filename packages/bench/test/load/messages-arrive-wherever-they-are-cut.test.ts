import assert from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import { type EchoServer, listenEcho } from "../../../xds/test/support/echo-server.ts";
import { createRandom, type Random } from "../../../xds/test/support/random.ts";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import type { EndpointTls } from "../../src/load/transport/endpoint.ts";
import { connect, open } from "./support/connect.ts";
import { listenRaw } from "./support/listen.ts";

// Fairlead's own server sends every message back, directly and through a relay that cuts its bytes at random.
const seed = 5_008;
const authority = makeCertificate("authority");
const certificate = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
const tlsOfServer = { cert: { pem: certificate.cert }, key: { pem: certificate.key } };

/** Passes bytes on in pieces of 1 to 3,000 bytes, each in its own turn of the loop. */
async function cutUp(t: TestContext, server: EchoServer, random: Random): Promise<number> {
  const relay = (from: Socket, to: Socket): void => {
    from.on("data", (chunk: Buffer) => {
      from.pause();
      let at = 0;
      const next = (): void => {
        const end = Math.min(chunk.length, at + 1 + random.int(random.chance(0.5) ? 12 : 3_000));
        if (!to.destroyed) to.write(chunk.subarray(at, end));
        at = end;
        if (at < chunk.length) setImmediate(next);
        else from.resume();
      };
      next();
    });
    from.once("close", () => to.destroy());
  };
  const { port } = await listenRaw(t, (socket) => {
    const onward = connectTcp({ port: server.port, host: "127.0.0.1", noDelay: true });
    onward.on("error", () => {});
    socket.setNoDelay();
    relay(onward, socket);
    relay(socket, onward);
  });
  return port;
}

async function exchange(
  t: TestContext,
  port: number,
  tls: EndpointTls | undefined,
  sizes: readonly number[],
): Promise<void> {
  const random = createRandom(seed);
  const { connection } = connect(t, { host: "127.0.0.1", port, ...(tls && { tls }) });
  const calls = [open(connection), open(connection), open(connection)];
  const sent: Buffer[][] = calls.map(() => []);
  for (const size of sizes) {
    const which = random.int(calls.length);
    const message = random.bytes(size);
    sent[which]!.push(Buffer.from(message));
    assert.notEqual(calls[which]!.call.send(message), "refused");
    message.fill(0); // may be used again at once
  }
  for (const [at, { messages, call }] of calls.entries()) {
    await waitFor(`all messages of call ${at}`, () => messages.length === sent[at]!.length || call.isOver);
    assert.ok(Buffer.concat(messages).equals(Buffer.concat(sent[at]!)), "the same bytes");
    assert.deepEqual(
      messages.map(({ length }) => length),
      sent[at]!.map(({ length }) => length),
    );
    call.end();
  }
  for (const { ended } of calls)
    assert.equal((await ended).message, `127.0.0.1:${port}: the server ended the stream with OK`);
  assert.equal(connection.queuedBytes, 0);
}

function randomSizes(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.int(random.chance(0.1) ? 60_000 : random.chance(0.5) ? 8 : 2_000));
}

test(`600 messages of 0 bytes to 60 KB and one of 3 MB come back as they went (seed ${seed})`, async (t) => {
  const server = await listenEcho(t);
  await exchange(t, server.port, undefined, [...randomSizes(createRandom(seed), 600), 3_000_000]);
});

test(`the same over TLS (seed ${seed})`, async (t) => {
  const server = await listenEcho(t, { tls: tlsOfServer });
  await exchange(t, server.port, { ca: authority.cert }, [...randomSizes(createRandom(seed), 600), 3_000_000]);
});

test(`150 messages through a relay that cuts everything up (seed ${seed})`, async (t) => {
  const server = await listenEcho(t);
  const random = createRandom(seed);
  await exchange(t, await cutUp(t, server, random), undefined, randomSizes(random, 150));
});
