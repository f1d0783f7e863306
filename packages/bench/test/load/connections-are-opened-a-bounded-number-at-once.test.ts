import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { settingsFrame } from "../../../xds/test/support/http2-frames.ts";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import type { Connection } from "../../src/load/transport/connection.ts";
import { Connector } from "../../src/load/transport/connector.ts";
import { listenRaw } from "./support/listen.ts";

test("200 connections to a name go 8 at a time; those that fail make way as those that are ready do", async (t) => {
  const unanswered: Socket[] = [];
  let most = 0;
  const { port } = await listenRaw(t, (socket) => {
    unanswered.push(socket);
    most = Math.max(most, unanswered.length);
  });
  const connector = new Connector({ host: "localhost", port }, { atOnce: 8 });
  const connections: Connection[] = [];
  t.after(() => {
    for (const connection of connections) connection.cut();
  });
  let ready = 0;
  const ends: string[] = [];
  const handlers = { onReady: () => void ready++, onEnd: ({ kind }: { kind: string }) => void ends.push(kind) };
  for (let count = 0; count < 200; count++) connector.open(handlers, (connection) => connections.push(connection));
  assert.deepEqual([connections.length, connector.underway, connector.waiting], [8, 8, 192]);
  for (let answered = 0; answered < 200; answered++) {
    await waitFor("a connection", () => unanswered.length > 0);
    const socket = unanswered.shift()!;
    if (answered % 10 === 9) socket.destroy();
    else socket.write(settingsFrame());
  }
  await waitFor("all to be decided", () => ready + ends.length === 200);
  assert.equal(ready, 180);
  assert.deepEqual(new Set(ends), new Set(["hung-up"]));
  assert.ok(most <= 8, `${most} were underway`);
  assert.deepEqual([connector.underway, connector.waiting], [0, 0]);
});

test("what waits can be forgotten", async (t) => {
  const { port } = await listenRaw(t, () => {});
  const connector = new Connector({ host: "127.0.0.1", port }, { atOnce: 1 });
  const opened: Connection[] = [];
  for (let count = 0; count < 3; count++) connector.open({}, (connection) => opened.push(connection));
  connector.stop();
  opened[0]!.cut();
  assert.deepEqual([opened.length, connector.underway, connector.waiting], [1, 0, 0]);
});
