import assert from "node:assert/strict";
import { test } from "node:test";
import type { Driver } from "../../src/drivers/driver.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { Collector } from "../../src/results/collector.ts";
import { nowMs } from "../../src/run/clock.ts";
import type { Fleet } from "../../src/run/fleet.ts";
import { createIssuer } from "../../src/run/issuer.ts";
import type { Change } from "../../src/run/messages.ts";
import { pace } from "../../src/run/pace.ts";
import { planWith } from "../support/plan.ts";

/** A driver whose changes end when the test says so, and what was told of them. */
function stage(change: Plan["workload"]["change"], atOnce: number) {
  const plan = planWith({ workload: { ...planWith({}).workload, count: 3, change } });
  const underWay = new Map<number, { end(): void; fail(error: Error): void }>();
  const seen = {
    announced: [] as Change[],
    issued: [] as number[],
    failed: [] as number[],
    counted: [] as number[],
    broken: [] as string[],
  };
  const driver: Driver = {
    atOnce,
    setup: async () => {},
    change({ sequence }) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      underWay.set(sequence, { end: resolve, fail: reject });
      return promise.finally(() => underWay.delete(sequence));
    },
    teardown: async () => {},
  };
  const fleet = {
    newest: 0,
    announce: async (changes: readonly Change[]) => void seen.announced.push(...changes),
    failed: (sequences: readonly number[]) => void seen.failed.push(...sequences),
  } as Partial<Fleet> as Fleet;
  const collector = {
    issued: (sequence: number) => void seen.issued.push(sequence),
    driven() {},
    failed: (sequence: number) => void seen.counted.push(sequence),
    withdrawn() {},
  } as Partial<Collector> as Collector;
  const onBroken = (error: Error) => void seen.broken.push(error.message);
  return { issuer: createIssuer({ plan, driver, fleet, collector, onBroken }), underWay, seen };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function issue(issuer: ReturnType<typeof stage>["issuer"], changes: number): Promise<void> {
  const dueMs = nowMs();
  for (const change of await issuer.announce(Array.from({ length: changes }, () => dueMs))) issuer.hand(change);
}

test("changes of different resources overlap up to the driver's bound, those of one resource follow each other", async () => {
  const { issuer, underWay } = stage("in-turn", 8);
  await issue(issuer, 5); // of resources 1, 2, 0, 1, 2
  assert.deepEqual([...underWay.keys()], [1, 2, 3]);
  underWay.get(2)!.end();
  await turn();
  assert.deepEqual([...underWay.keys()], [1, 3], "4 touches what 1 touches, and 5 does not overtake it");
  underWay.get(1)!.end();
  await turn();
  assert.deepEqual([...underWay.keys()], [3, 4, 5]);
});

test("changes of all resources, or a driver that makes one at a time, never overlap", async () => {
  for (const [change, atOnce] of [
    ["all", 8],
    ["in-turn", 1],
  ] as const) {
    const { issuer, underWay } = stage(change, atOnce);
    await issue(issuer, 3);
    assert.deepEqual([...underWay.keys()], [1]);
    underWay.get(1)!.end();
    await turn();
    assert.deepEqual([...underWay.keys()], [2]);
  }
});

test("a change is due at its time whether the last one is through or not", async () => {
  const { issuer, underWay, seen } = stage("in-turn", 1); // and the first one never ends
  const fromMs = nowMs() + 5;
  await pace(issuer, { perSecond: 1_000, fromMs, untilMs: () => fromMs + 20 }, new AbortController().signal);
  assert.deepEqual([...underWay.keys()], [1]);
  assert.deepEqual(
    seen.announced.map(({ sequence, intendedMs }) => [sequence, Math.round((intendedMs - fromMs) * 1_000)]),
    Array.from({ length: 20 }, (_, index) => [index + 1, index * 1_000]),
  );
  assert.equal(seen.issued.length, 20);
});

test("generators are told of a change that failed, and a driver that only fails ends the run", async () => {
  const { issuer, underWay, seen } = stage("in-turn", 1);
  await issue(issuer, 12);
  underWay.get(1)!.end();
  await turn();
  for (let sequence = 2; sequence <= 11; sequence++) {
    assert.deepEqual(seen.broken, []);
    underWay.get(sequence)!.fail(new Error("answered 500"));
    await turn();
  }
  assert.deepEqual(seen.failed, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assert.match(seen.broken.join(), /10 changes failed one after the other: answered 500/);
});

test("a driver that never made a change ends the run sooner", async () => {
  const { issuer, underWay, seen } = stage("in-turn", 1);
  await issue(issuer, 3);
  for (let sequence = 1; sequence <= 3; sequence++) {
    assert.deepEqual(seen.broken, []);
    underWay.get(sequence)!.fail(new Error("no answer"));
    await turn();
  }
  assert.match(seen.broken.join(), /3 changes failed one after the other: no answer/);
});

test("what the driver is not done with in the end counts as failed", async () => {
  const { issuer, seen } = stage("in-turn", 1);
  await issue(issuer, 3);
  await issuer.drain(1, new AbortController().signal);
  assert.deepEqual(seen.failed.sort(), [1, 2, 3]);
});

test("a run that is ended takes back what the driver has not begun with, and waits for the rest", async () => {
  const { issuer, underWay, seen } = stage("in-turn", 1);
  const ahead = await issuer.announce([nowMs() + 50]);
  await issue(issuer, 2); // one under way, one that waits for it
  issuer.withdraw();
  issuer.hand(ahead[0]!); // its time comes after the end
  assert.deepEqual(seen.failed, [1, 3]);
  const drained = issuer.drain(10_000, new AbortController().signal);
  underWay.get(2)!.end();
  await drained;
  assert.deepEqual(seen.failed, [1, 3]);
  assert.deepEqual([seen.counted, seen.issued, seen.broken], [[], [2, 3], []]);
});

test("changes that the driver is not done with when a run is ended are no broken driver", async () => {
  const { issuer, seen } = stage("in-turn", 8);
  await issue(issuer, 3);
  await issuer.drain(1, new AbortController().signal);
  assert.deepEqual([seen.failed, seen.broken], [[1, 2, 3], []]);
});
