import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { readDemand } from "../../src/capacity/demand.ts";
import type { Measurement } from "../../src/capacity/measurement.ts";
import { formatCapacityReport, planFor } from "../../src/capacity/plan-capacity.ts";
import { FLAGS, holding, MEASUREMENTS, pushing, TRUTH } from "./support.ts";

const planWith = (flags: Partial<typeof FLAGS>, measurements: readonly Measurement[] = MEASUREMENTS) =>
  planFor({ ...FLAGS, ...flags }, { measurements });

function isNear(actual: number, expected: number, share = 0.01): void {
  ok(Math.abs(actual - expected) <= share * expected, `${actual}, expected about ${expected}`);
}

test("the costs that made the measurements are found again", () => {
  const { cpu, memory, fanOut, connectUs, measuredStreams, measuredBytes } = planWith({}).costs;
  isNear(cpu.pushUs, TRUTH.pushUs);
  isNear(cpu.perKbUs, TRUTH.perKbUs);
  isNear(cpu.changeUs, TRUTH.changeUs);
  isNear(memory.streamBytes, TRUTH.streamBytes);
  isNear(memory.idleBytes + memory.workingBytes, TRUTH.baseBytes);
  isNear(fanOut!.streamMs, TRUTH.streamMs);
  deepEqual([connectUs, measuredStreams, measuredBytes], [150, 15_000, [1_000, 100_000]]);
});

test("replicas carry what CPU lets them, and one more is there for one that dies", () => {
  const { capacity } = planWith({});
  // 15 µs a push, ten a second: (4 × 50 % − 10/s × 400 µs × 4) ÷ 150 µs/s
  isNear(capacity.bound.streams, (2 - 0.016) / 150e-6);
  equal(capacity.bound.by, "CPU");
  equal(capacity.replicas, Math.ceil(1_000_000 / capacity.bound.streams) + 1);
  ok(capacity.streamsAfterLoss <= capacity.bound.streams);
  isNear(capacity.busyCores, 1_000_000 * 150e-6 + capacity.replicas * 0.016);
  isNear(capacity.networkBytesPerSecond, 1e11);
  isNear(capacity.memoryBytesPerReplica, 4 * TRUTH.baseBytes + TRUTH.streamBytes * capacity.streamsAfterLoss);
});

test("whatever is scarcest decides: memory, network, the time to the last stream, or what was measured", () => {
  const boundOf = (flags: Partial<typeof FLAGS>) => planWith({ changes: "1/m", ...flags }).capacity.bound;
  equal(boundOf({}).by, "measured");
  equal(boundOf({}).streams, 60_000);
  deepEqual(
    [boundOf({ memoryPerReplica: "500MB" }).by, boundOf({ memoryPerReplica: "500MB" }).streams],
    ["memory", 3_333],
  );
  equal(boundOf({ changes: "1/s", networkPerReplica: "10MB/s" }).streams, 1_000);
  const soon = boundOf({ fanOut: "105ms" });
  equal(soon.by, "fan-out");
  isNear(soon.streams, 40_000);
});

test("a change that concerns few costs little", () => {
  const { capacity } = planWith({ interested: "1%", changes: "10/s" });
  equal(capacity.pushesPerSecond, 100_000);
  equal(capacity.bound.by, "measured");
});

test("relays stand between one upstream and replicas that are too many for it", () => {
  deepEqual(planWith({ relayFanout: "1000" }).capacity.relay, { fanOut: 1_000, tiers: [] });
  equal(planWith({}).capacity.replicas, 77);
  deepEqual(planWith({ relayFanout: "10" }).capacity.relay.tiers, [8]);
  deepEqual(planWith({ relayFanout: "4" }).capacity.relay.tiers, [20, 5, 2]);
});

test("when a replica dies, its streams come back as fast as the others' free cores let them", () => {
  const { replicas, streamsPerReplica, streamsAfterLoss, reconnectSeconds } = planWith({}).capacity;
  const free = 4 - streamsAfterLoss * 150e-6 - 0.016;
  isNear(reconnectSeconds, ((streamsPerReplica / (replicas - 1)) * 150e-6) / free);
});

test("over TLS its own memory and connections count, and what it adds to a push grows with the bytes", () => {
  const tls = pushing("mtls", 2_500, 10_000, { isTls: true });
  const slower = { ...tls, metrics: { ...tls.metrics, cpu_us_per_push: tls.metrics.cpu_us_per_push! + 20 } };
  const held = holding("mtls many", 10_000, { isTls: true });
  const heavy = { ...held, metrics: { ...held.metrics, rss_max: 80e6 + 90e3 * 10_000, sync_cpu_us: 2_000 } };
  const { costs, capacity } = planWith({ tls: true }, [...MEASUREMENTS, slower, heavy]);
  isNear(capacity.pushUs, 10 + 5 + 20);
  isNear(costs.memory.streamBytes, 90e3);
  equal(costs.connectUs, 2_000);
});

test("several results of one name are rounds of one measurement: the median counts", () => {
  const slow = pushing("small", 500, 1_000);
  const odd = { ...slow, metrics: { ...slow.metrics, cpu_us_per_push: 1_000 } };
  isNear(planWith({}, [...MEASUREMENTS, slow, odd]).costs.cpu.pushUs, TRUTH.pushUs);
});

test("the text has every formula with its numbers, and names what is not known", () => {
  const text = formatCapacityReport(planWith({ size: "1MB" }));
  match(text, /^1,000,000 proxies, 10 changes a second, 1,000 KB each, 50 % of the cores kept free$/m);
  match(text, /push \+ ACK +510 µs += 10 µs \+ 0\.5 µs × 1,000 KB/);
  match(text, /replicas +\d,\d+ of 4 cores += ⌈1,000,000 ÷ \d+⌉ \+ 1, by CPU/);
  match(text, /- pushes of 977 KiB: measured were 1,000 bytes to 97\.7 KiB/);
  match(text, /- more than one core: 4 are taken for 4 processes of one/);
});

test("flags have defaults, and without changes nothing is pushed", () => {
  const demand = readDemand({ ...FLAGS, changes: "0/s" });
  deepEqual([demand.coresPerReplica, demand.headroom, demand.interested], [4, 0.5, 1]);
  equal(planWith({ changes: "0/s" }).capacity.busyCores, 0);
});
