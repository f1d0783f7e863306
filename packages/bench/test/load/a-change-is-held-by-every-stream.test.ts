import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../src/plan/plan.ts";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

const STREAMS = 12;
const COUNT = 5;

const CASES = [
  ["ads-sotw", "endpoints"],
  ["ads-delta", "clusters"],
  ["sotw", "clusters"],
  ["delta", "endpoints"],
] as const;

for (const [protocol, type] of CASES) {
  test(`${protocol}, ${type}: streams sync, a change is held by all with its latencies, a burst is coalesced`, async (t) => {
    const subscribe: Plan["workload"]["subscribe"] = type === "clusters" ? "wildcard" : "all";
    const plan = loadPlan({ protocol, streams: STREAMS, workload: { type, subscribe, count: COUNT } });
    const server = await startBenchServer(t, plan.workload);
    const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });

    const connected = await generator.connect(4);
    assert.equal(connected.failed, 0);
    assert.equal(connected.newest, 0);
    assert.equal(connected.syncMs.length, STREAMS);
    assert.equal(connected.syncedAtMs.length, STREAMS);
    assert.ok(connected.responses >= STREAMS);
    assert.ok(connected.bytes > STREAMS * COUNT * 100);

    const held = await generator.change(1, [2], () => server.change(1, 2));
    assert.equal(held.missing, 0);
    assert.equal(held.receivedMs.length, STREAMS);
    assert.equal(held.ackedMs.length, STREAMS);
    for (const [at, received] of held.receivedMs.entries()) assert.ok(received >= 0 && held.ackedMs[at]! >= received);

    const burst = [2, 3, 4, 5].map((sequence) => generator.change(sequence, [4], () => server.change(sequence, 4)));
    for (const { missing, receivedMs } of await Promise.all(burst)) {
      assert.equal(missing, 0);
      assert.equal(receivedMs.length, STREAMS);
    }
    const all = await generator.change(6, "all", () => server.change(6, 0, 1, 2, 3, 4));
    assert.equal(all.receivedMs.length, STREAMS);

    const { faults, last } = await generator.settle();
    assert.deepEqual(faults, []);
    const { pushes, acks, nacks, unchanged, reordered, ended, malformed } = last.counts;
    assert.ok(pushes >= 4 * STREAMS);
    assert.equal(acks, pushes);
    assert.deepEqual(
      { nacks, unchanged, reordered, ended, malformed },
      { nacks: 0, unchanged: 0, reordered: 0, ended: 0, malformed: 0 },
    );
    assert.equal(last.open, STREAMS);
  });
}
