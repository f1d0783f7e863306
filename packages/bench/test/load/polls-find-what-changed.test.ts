import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

const STREAMS = 6;
const COUNT = 4;

for (const type of ["endpoints", "clusters"] as const) {
  test(`clients that poll ${type} sync, find each change once, and leave no fault`, async (t) => {
    const subscribe = type === "clusters" ? "wildcard" : "all";
    const plan = loadPlan({
      protocol: "rest",
      pollMs: 20,
      streams: STREAMS,
      workload: { type, subscribe, count: COUNT },
    });
    const server = await startBenchServer(t, plan.workload);
    const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port: server.port } });
    const connected = await generator.connect(4);
    assert.equal(connected.failed, 0);
    assert.equal(connected.syncMs.length, STREAMS);
    for (const sequence of [1, 2]) {
      const held = await generator.change(sequence, [3], () => server.change(sequence, 3));
      assert.deepEqual([held.missing, held.receivedMs.length, held.ackedMs.length], [0, STREAMS, STREAMS]);
    }
    const all = await generator.change(3, "all", () => server.change(3, 0, 1, 2, 3));
    assert.deepEqual([all.missing, all.receivedMs.length], [0, STREAMS]);
    const { faults, last } = await generator.settle();
    assert.deepEqual(faults, []);
    assert.equal(last.counts.pushes, 4 * STREAMS, "an unchanged answer is no push");
    assert.equal(last.counts.acks, 4 * STREAMS);
    assert.equal(last.open, STREAMS);
  });
}

test("a server that serves no REST is told as such", async (t) => {
  const server = createServer((_, response) => response.writeHead(404).end("nothing here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const plan = loadPlan({ protocol: "rest", pollMs: 20, streams: 3 });
  const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port } });
  await assert.rejects(generator.connect(), {
    message: `target-protocol: 127.0.0.1:${port}: a poll was answered 404 (does it serve REST on this port?): nothing here`,
  });
});

test("a server that answers every poll in full, goes back, or loses a change is seen", async (t) => {
  const plan = loadPlan({ protocol: "rest", pollMs: 10, streams: 1, workload: { count: 1 } });
  let answer = (_poll: number) => "";
  let polls = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end(answer(polls++));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const state = (version: string, sequence: number) =>
    JSON.stringify({
      version_info: version,
      resources: [
        {
          "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
          cluster_name: "bench-0",
          endpoints: [{ lb_endpoints: [{ endpoint: { hostname: `change-${String(sequence).padStart(12, "0")}` } }] }],
        },
      ],
    });
  answer = () => state("1", 0);
  const { port } = server.address() as AddressInfo;
  const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port } });
  await generator.connect();
  const held = await generator.change(1, [0], () => {
    answer = () => state("2", 1);
  });
  assert.equal(held.missing, 0);
  const before = polls;
  answer = (poll) => (poll < before + 3 ? state("2", 1) : state("1", 0));
  while (polls < before + 6) await new Promise((resolve) => setTimeout(resolve, 5));
  const { faults, last } = await generator.settle(200);
  assert.equal(last.counts.reordered, 1);
  assert.equal(last.counts.unchanged, 0);
  const reordered = faults.filter(({ kind }) => kind === "reordered").map(({ message }) => message);
  assert.deepEqual(reordered, ["stream 0 held change 1 of bench-0 and got an older one"]);
});
