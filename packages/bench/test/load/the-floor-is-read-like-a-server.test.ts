import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { loadSchema } from "@fairlead/envoy-api";
import { readResource } from "@fairlead/xds";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import { resourceJson, typeUrlOf } from "../../src/workload/resource-json.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";
import { sotwResponse } from "../support/responses.ts";
import { listenRaw } from "./support/listen.ts";

const streams = 6;
const hello = Buffer.from("FLOORv1\n\0\0\0\x05\0\0\0\0", "latin1");
const ack = Buffer.concat([Buffer.of(0, 0, 0, 100), Buffer.alloc(100)]);

// packages/bench/peers/rust/floor/README.md tells the wire. Here a state comes in three pieces, cut within the length too.
test("bare TCP: a change is received, answered and timed, however it is cut", async (t) => {
  const plan = loadPlan({ protocol: "raw", streams });
  const { workload } = plan;
  const state = (sequence: number): Buffer => {
    const json = Array.from({ length: workload.count }, (_, at) => resourceJson(workload, at, at === 2 ? sequence : 0));
    const values = json.map((one) => readResource(loadSchema(), one).value);
    const body = sotwResponse(typeUrlOf(workload), String(sequence), values, "n");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  const clients = new Map<Socket, Buffer>();
  const send = (socket: Socket, bytes: Buffer): void => {
    const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 50), bytes.subarray(50)];
    const next = (): void => {
      const piece = pieces.shift();
      if (piece !== undefined && !socket.destroyed) socket.write(piece, () => setImmediate(next));
    };
    next();
  };
  const { host, port } = await listenRaw(t, (socket) => {
    clients.set(socket, Buffer.alloc(0));
    send(socket, state(0));
    socket.on("data", (chunk) => clients.set(socket, Buffer.concat([clients.get(socket)!, chunk])));
  });
  const generator = await startGenerator(t, { ...plan, target: { host, port } });
  const connected = await generator.connect();
  assert.equal(connected.failed, 0);
  const held = await generator.change(1, [2], () => {
    for (const socket of clients.keys()) send(socket, state(1));
  });
  assert.equal(held.missing, 0);
  assert.equal(held.receivedMs.length, streams);
  const expected = Buffer.concat([hello, ack, ack]);
  await waitFor("two answers of each", () => [...clients.values()].every((got) => got.length >= expected.length));
  for (const got of clients.values()) assert.deepEqual(got, expected);
  const { faults } = await generator.settle();
  assert.deepEqual(faults, []);
});
