import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createServer as createTls } from "node:tls";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import { settingsFrame } from "../../../xds/test/support/http2-frames.ts";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import { ConnectGate } from "../../src/load/transport/connect-gate.ts";
import { connect } from "./support/connect.ts";
import { listen, listenRaw } from "./support/listen.ts";

test("200 connections to a name go 8 at a time, those that fail make way as those that open do", async (t) => {
  const authority = makeCertificate("authority");
  const certificate = makeCertificate("server", { issuer: authority, sans: [["DNS", "localhost"]] });
  // The server takes a handshake up only when the test lets it: until then the client is connecting.
  const tls = createTls({ cert: certificate.cert, key: certificate.key, ALPNProtocols: ["h2"] }, (socket) => {
    socket.on("error", () => {});
    socket.write(settingsFrame());
  });
  tls.on("tlsClientError", () => {});
  const unanswered: Socket[] = [];
  const { port } = await listenRaw(t, (socket) => unanswered.push(socket));
  const gate = new ConnectGate(8);
  const endpoint = { host: "localhost", port, tls: { ca: authority.cert } };
  const all = Array.from({ length: 200 }, () => connect(t, endpoint, { gate }));
  assert.deepEqual([gate.inside, gate.waiting], [8, 192]);
  all[100]!.connection.cut(); // never begun
  let failed = 0;
  for (let answered = 0; answered < 199; answered++) {
    const socket = await waitFor("a connection", () => unanswered.shift());
    assert.ok(unanswered.length < 8, "eight at most are underway");
    if (answered % 10 === 9) {
      socket.destroy();
      failed += 1;
    } else tls.emit("connection", socket);
  }
  await waitFor("all to be decided", () => all.every(({ connection }) => connection.isReady || connection.isEnded));
  assert.equal(all.filter(({ connection }) => connection.isReady).length, 199 - failed);
  assert.deepEqual([gate.inside, gate.waiting], [0, 0]);
});

test("a connection that waits can be used and closed like any other", async (t) => {
  const endpoint = await listenRaw(t, (socket) => void socket.write(settingsFrame()));
  const gate = new ConnectGate(0);
  const { connection, ended } = connect(t, endpoint, { gate });
  const call = connection.openStream("/a", { onMessage() {}, onEnd() {} });
  assert.equal(call.send(Buffer.alloc(10)), "queued");
  connection.pauseReading();
  connection.resumeReading();
  connection.close();
  assert.equal((await ended).kind, "closed");
  assert.ok(call.isOver);
});

test("certificates that cannot be read are told at once", async (t) => {
  const endpoint = await listen(t, createTls());
  assert.throws(() => connect(t, { ...endpoint, tls: { ca: "no PEM", cert: "x", key: "y" } }), /PEM/i);
});
