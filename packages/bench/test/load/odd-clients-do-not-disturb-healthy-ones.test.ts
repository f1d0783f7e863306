import assert from "node:assert/strict";
import { test } from "node:test";
import type { Behaviour } from "../../src/plan/plan.ts";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

const ODD: readonly Behaviour[] = [
  { kind: "slow-reader", bytesPerSecond: 100_000 },
  { kind: "stalled" },
  { kind: "never-ack" },
  { kind: "nack" },
];

for (const protocol of ["ads-sotw", "ads-delta"] as const) {
  test(`${protocol}: NACKs are counted, and slow, stalled and silent streams are harmless`, async (t) => {
    const population = [
      { share: 0.5, behaviour: { kind: "healthy" } as const },
      ...ODD.map((behaviour) => ({ share: 0.125, behaviour })),
    ];
    const plan = loadPlan({ protocol, streams: 16, population });
    const server = await startBenchServer(t, plan.workload);
    const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });
    assert.equal((await generator.connect()).failed, 0);

    for (const sequence of [1, 2, 3]) {
      const held = await generator.change(sequence, [sequence], () => server.change(sequence, sequence));
      assert.equal(held.receivedMs.length, 8);
      assert.equal(held.missing, 0);
    }
    const { faults, last } = await generator.settle();
    assert.deepEqual(faults, []);
    assert.equal(last.counts.resentAfterNack, 0);
    assert.equal(last.open, 16);
    assert.ok(last.counts.nacks >= 2, `${last.counts.nacks} NACKs`); // each NACKer has rejected something by now
  });
}
