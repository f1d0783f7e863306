import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Workload } from "../../src/plan/plan.ts";
import { typeUrlOf } from "../../src/workload/resource-json.ts";
import { benchResource } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";
import { sotwResponse } from "../support/responses.ts";

test("raw: the state comes behind its length, in pieces of any size, and is answered with 104 bytes", async (t) => {
  const plan = loadPlan({ protocol: "raw", streams: 3 });
  const floor = await startFloor(t, plan.workload);
  const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: floor.port } });
  assert.equal((await generator.connect()).syncMs.length, 3);
  for (const sequence of [1, 2]) {
    const { receivedMs, missing } = await generator.change(sequence, [1], () => floor.change(sequence));
    assert.deepEqual([receivedMs.length, missing], [3, 0]);
  }
  assert.deepEqual((await generator.settle()).faults, []);
  assert.deepEqual(new Set(floor.hellos), new Set([`FLOORv1\n${plan.workload.count}/0`]));
  assert.equal(floor.answered(), 3 * 3 * 104);
});

/** A floor that writes each state in three pieces. */
async function startFloor(t: TestContext, workload: Workload) {
  const hellos: string[] = [];
  const sockets = new Set<Socket>();
  let bytes = 0;
  let state = stateOf(workload, 0);
  const tell = (socket: Socket) => {
    for (const [from, to] of [
      [0, 2],
      [2, 50],
      [50, state.length],
    ])
      setImmediate(() => socket.write(state.subarray(from, to)));
  };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    t.after(() => socket.destroy());
    socket.once("data", (hello) => {
      hellos.push(`${hello.toString("latin1", 0, 8)}${hello.readUInt32BE(8)}/${hello.readUInt32BE(12)}`);
      socket.on("data", (answer) => {
        bytes += answer.length;
      });
      tell(socket);
    });
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  return {
    port: (server.address() as AddressInfo).port,
    hellos,
    answered: () => bytes,
    change: (sequence: number) => {
      state = stateOf(workload, sequence);
      for (const socket of sockets) tell(socket);
    },
  };
}

/** All resources, of which number 1 carries the mark; no nonce. */
function stateOf(workload: Workload, sequence: number): Buffer {
  const values = Array.from(
    { length: workload.count },
    (_, index) => benchResource(workload, index, index === 1 ? sequence : 0).value,
  );
  const response = sotwResponse(typeUrlOf(workload), String(sequence), values, "");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(response.length);
  return Buffer.concat([length, response]);
}
