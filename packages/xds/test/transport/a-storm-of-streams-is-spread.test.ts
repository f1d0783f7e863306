// reliability.md, "admission": by loop lag and bytes in flight; what waits is queued, bounded, oldest first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { Admission, type Waiting } from "../../src/server/http2/admission.ts";
import { listenEcho, quick } from "../support/echo-server.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const calmLimits = { admissionsPerTurn: 4, maxTurnMs: 50, maxWaitingStreams: 100, maxInFlightBytes: 1_000 };

function waiting(order: number[], id: number, work: () => void = () => {}): Waiting {
  return {
    isGone: false,
    admit() {
      order.push(id);
      work();
    },
  };
}

test("so many are taken up in one turn, the others later and oldest first", async () => {
  const order: number[] = [];
  const admission = new Admission(calmLimits, () => 0);
  for (let id = 0; id < 30; id++) assert.equal(admission.enter(waiting(order, id)), true);
  assert.deepEqual(order, [0, 1, 2, 3]);
  await waitFor("all", () => order.length === 30);
  assert.deepEqual(
    order,
    Array.from({ length: 30 }, (_, id) => id),
  );
});

test("long turns slow it down, and it never stops", async () => {
  const turns: number[] = [];
  let turn = 0;
  const admission = new Admission({ ...calmLimits, admissionsPerTurn: 16, maxTurnMs: 1 }, () => 0);
  const busy = (): void => {
    const untilMs = performance.now() + 3;
    while (performance.now() < untilMs);
  };
  const admit = (): void => {
    turns.push(turn);
    busy();
  };
  for (let id = 0; id < 60; id++) admission.enter({ isGone: false, admit });
  while (admission.waiting > 0) {
    turn += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const lastTurns = [...Map.groupBy(turns.slice(40), (at) => at).values()];
  const most = Math.max(...lastTurns.map(({ length }) => length));
  assert.equal(turns.length, 60);
  assert.ok(most <= 2, `${most} in one of the last turns, each of which was long`);
});

test("while too many bytes are in flight nothing is taken up", async () => {
  const order: number[] = [];
  let inFlightBytes = 5_000;
  const admission = new Admission(calmLimits, () => inFlightBytes);
  admission.enter(waiting(order, 1));
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.deepEqual(order, []);
  inFlightBytes = 0;
  await waitFor("admission", () => order.length === 1);
});

test("streams that have gone are passed over", async () => {
  const order: number[] = [];
  const admission = new Admission({ ...calmLimits, admissionsPerTurn: 1 }, () => 0);
  admission.enter(waiting(order, 1));
  for (let id = 2; id < 50; id++) admission.enter({ ...waiting(order, id), isGone: true });
  admission.enter(waiting(order, 50));
  await waitFor("the last", () => order.includes(50));
  assert.deepEqual(order, [1, 50]);
});

test("beyond the queue's length a stream is UNAVAILABLE, and what waited is served", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxInFlightBytes: 100_000, maxWaitingStreams: 2 } });
  const slow = connectTo(server.target, { streamWindowBytes: 65_535, connectionWindowBytes: 65_535 });
  const connection = connectTo(server.target);
  t.after(() => [slow, connection].map((one) => one.close()));
  const reader = startCall(slow);
  reader.send("x");
  const stream = await waitFor("the slow stream", () => [...server.streams][0]);
  await waitFor("its echo", () => reader.messages.length === 1);
  reader.pause();
  stream.send(frameMessage(Buffer.alloc(1_000_000)));
  const calls = Array.from({ length: 3 }, () => startCall(connection));
  for (const call of calls) call.send("y");
  assert.deepEqual(await calls[2]?.ended, { code: 14, message: "too many new streams wait; try again later" });
  assert.deepEqual(
    calls.slice(0, 2).map(({ messages }) => messages.length),
    [0, 0],
  );
  reader.resume();
  await waitFor("the echoes of those that waited", () =>
    calls.slice(0, 2).every(({ messages }) => messages.length === 1),
  );
});

test("five hundred clients at once are all served", async (t) => {
  const server = await listenEcho(t, { limits: { admissionsPerTurn: 8 } });
  const connections = Array.from({ length: 500 }, () => connectTo(server.target));
  t.after(() => connections.map((one) => one.close()));
  const calls = connections.map((one) => startCall(one));
  for (const call of calls) call.send("x");
  await waitFor("500 echoes", () => calls.every(({ messages }) => messages.length === 1));
});
