import assert from "node:assert/strict";
import { test } from "node:test";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

test("streams of connections that grow old come back, and that is no fault", async (t) => {
  const plan = loadPlan({ streams: 4, streamsPerConnection: 2 });
  const limits = { maxConnectionAgeMs: 700, connectionAgeGraceMs: 50, sweepIntervalMs: 20 };
  const server = await startBenchServer(t, plan.workload, { limits });
  const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });
  await generator.connect();
  await generator.next("tick", ({ sample }) => sample.counts.reconnected >= 4);
  server.change(1, 0);
  const { faults, last } = await generator.settle();
  assert.deepEqual(faults, []);
  assert.equal(last.counts.ended, 0);
});
