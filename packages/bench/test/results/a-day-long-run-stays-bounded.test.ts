import assert from "node:assert/strict";
import { test } from "node:test";
import { createFleet } from "../../src/results/fleet.ts";
import { followServer } from "../../src/results/server-use.ts";
import { createStorms } from "../../src/results/storms.ts";
import { createTimeline } from "../../src/results/timeline.ts";
import { collectRun } from "./support.ts";

const DAY_SECONDS = 86_400;

test("a day of seconds becomes samples of 16 s, and keeps its spikes and its mean", () => {
  const [sample] = collectRun().timeline;
  const timeline = createTimeline();
  for (let second = 1; second <= DAY_SECONDS; second++) {
    const p99Ms = second === 50_000 ? 900 : 10;
    timeline.add({
      ...sample!,
      atMs: second * 1_000,
      p99Ms,
      pushesPerSecond: second % 2 === 0 ? 100 : 300,
      serverCpuShare: null,
    });
  }
  const { samples, sampleMs } = timeline;
  assert.equal(sampleMs, 16_000);
  assert.equal(samples.length, DAY_SECONDS / 16);
  assert.equal(samples.at(-1)?.atMs, DAY_SECONDS * 1_000);
  assert.deepEqual(
    samples.filter(({ p99Ms }) => p99Ms === 900).map(({ atMs }) => atMs),
    [50_000_000],
  );
  assert.ok(samples.every(({ pushesPerSecond, serverCpuShare }) => pushesPerSecond === 200 && serverCpuShare === null));
});

test("changes of which a generator never tells are let go, and counted", () => {
  const fleet = createFleet();
  const receivedMs = new Float32Array(10);
  for (let sequence = 1; sequence <= 25_000; sequence++) {
    fleet.add({ kind: "held", sequence, intendedMs: 0, receivedMs, ackedMs: receivedMs, missing: 0 }, 2);
  }
  assert.equal(fleet.distributions(), undefined);
  assert.equal(fleet.leftOut, 25_000);
  // The newest still wait: the other generator may yet tell.
  fleet.add({ kind: "held", sequence: 25_000, intendedMs: 0, receivedMs, ackedMs: receivedMs, missing: 0 }, 2);
  assert.equal(fleet.distributions()?.p100.count, 1);
  fleet.add({ kind: "held", sequence: 1, intendedMs: 0, receivedMs, ackedMs: receivedMs, missing: 0 }, 2);
  assert.equal(fleet.distributions()?.p100.count, 1, "the oldest were let go");
});

test("of many storms the last 64 are told one by one, all are counted", () => {
  const storms = createStorms(followServer());
  for (let round = 0; round < 200; round++) {
    storms.begin("reconnect", round * 1_000);
    const times = Float32Array.of(1, 2, round);
    storms.add({ kind: "connected", syncMs: times, syncedAtMs: times, failed: 0, newest: 0, bytes: 3, responses: 3 });
  }
  assert.equal(storms.again.count, 600);
  const told = storms.finish(0);
  assert.equal(told.length, 64);
  assert.equal(told.at(-1)?.syncedMs.at(-1), 199);
});
