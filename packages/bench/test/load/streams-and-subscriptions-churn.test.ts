import assert from "node:assert/strict";
import { test } from "node:test";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

for (const protocol of ["sotw", "delta"] as const) {
  test(`${protocol}: streams end and come anew, names are given up and asked for again, and all is right in the end`, async (t) => {
    const plan = loadPlan({ protocol, streams: 6, workload: { subscribe: { each: 3 } } });
    const server = await startBenchServer(t, plan.workload);
    const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });
    await generator.connect();
    generator.send({ kind: "churn", streamsPerSecond: 10, subscriptionsPerSecond: 20 });

    let sequence = 0;
    let reconnected = 0;
    let resubscribed = 0;
    while (reconnected < 5 || resubscribed < 5) {
      sequence += 1;
      const touched = sequence % plan.workload.count;
      const change = sequence;
      await generator.change(change, [touched], () => server.change(change, touched));
      const { sample } = await generator.next("tick");
      reconnected = sample.counts.reconnected;
      resubscribed += sample.resubscribedMs.length;
      for (const ms of sample.resubscribedMs) assert.ok(ms >= 0);
    }
    generator.send({ kind: "churn", streamsPerSecond: 0, subscriptionsPerSecond: 0 });

    const { faults, last } = await generator.settle();
    assert.deepEqual(faults, []);
    assert.equal(last.counts.ended, 0);
    assert.equal(last.counts.malformed, 0);
  });
}
