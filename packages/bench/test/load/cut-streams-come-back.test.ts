import assert from "node:assert/strict";
import { test } from "node:test";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

for (const protocol of ["ads-sotw", "ads-delta"] as const) {
  test(`${protocol}: connections that are cut come back, each with an answer, and hold what follows`, async (t) => {
    const plan = loadPlan({ protocol, streams: 9, streamsPerConnection: 3 });
    const server = await startBenchServer(t, plan.workload);
    const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });
    await generator.connect();
    await generator.change(1, [0], () => server.change(1, 0));

    for (const sequence of [2, 3]) {
      generator.send({ kind: "cut", connections: 2, reconnecting: { atOnce: 2 } });
      const back = await generator.next("connected");
      assert.equal(back.syncMs.length, 6);
      assert.equal(back.failed, 0);
      assert.equal(back.newest, sequence - 1);
      const held = await generator.change(sequence, [sequence], () => server.change(sequence, sequence));
      assert.equal(held.receivedMs.length, 9);
    }

    const { faults, last } = await generator.settle();
    assert.deepEqual(faults, []);
    assert.equal(last.counts.reconnected, 12);
    assert.equal(last.counts.ended, 0);
    assert.equal(last.open, 9);
  });
}

test("a change that is made while a stream is away is not waited for, but it must be there in the end", async (t) => {
  const plan = loadPlan({ streams: 2 });
  const server = await startBenchServer(t, plan.workload);
  const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });
  await generator.connect();
  generator.send({ kind: "cut", connections: 1, reconnecting: { atOnce: 1, perSecond: 2 } });
  const held = await generator.change(1, [0], () => server.change(1, 0));
  assert.equal(held.receivedMs.length, 1);
  await generator.next("connected");
  assert.deepEqual((await generator.settle()).faults, []);
});
