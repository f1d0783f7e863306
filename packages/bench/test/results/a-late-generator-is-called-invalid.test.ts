import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import type { Plan, Threshold } from "../../src/plan/plan.ts";
import { collect } from "../../src/results/collect.ts";
import { collectRun, type Deviation, steadyPlan } from "./support.ts";

const threshold = (text: string): Threshold => {
  const [metric, operator, value] = text.split(" ") as [string, Threshold["operator"], string];
  return { text, metric, operator, value: Number(value) };
};
const saturation: Partial<Plan> = {
  scenario: { kind: "saturation", connecting: { atOnce: 10 }, ahead: 2, warmupMs: 5_000, durationMs: 10_000 },
};

const cases: readonly {
  readonly name: string;
  readonly run: Deviation;
  readonly verdict: string;
  readonly why: RegExp;
}[] = [
  {
    name: "timers late by 11 ms",
    run: { slipMs: 11 },
    verdict: "invalid",
    why: /timers were late by 11 ms \(p99; at most 10 ms\)/,
  },
  { name: "81 % of a core", run: { cpuShare: 0.81 }, verdict: "invalid", why: /took 81 % of a core \(at most 80 %\)/ },
  { name: "no push", run: { seconds: 0 }, verdict: "invalid", why: /no push came/ },
  {
    name: "half of the planned changes",
    run: { changesPerSecond: 5 },
    verdict: "invalid",
    why: /made 50 of 100 planned changes/,
  },
  { name: "changes that failed", run: { failed: 90 }, verdict: "invalid", why: /could not make \d+ of 100 changes/ },
  {
    name: "a threshold missed",
    run: { plan: { thresholds: [threshold("p99 < 20")] } },
    verdict: "missed",
    why: /`p99 < 20` is missed: 99\d* ms/,
  },
  {
    name: "a threshold without a figure",
    run: { plan: { thresholds: [threshold("rss_per_stream < 1")] }, withoutServer: true },
    verdict: "missed",
    why: /is not shown: this run has no rss_per_stream/,
  },
  {
    name: "resent after a NACK",
    run: { counts: { resentAfterNack: 3 } },
    verdict: "wrong",
    why: /3 responses held just what/,
  },
  {
    name: "unchanged",
    run: { counts: { unchanged: 1_200 } },
    verdict: "wrong",
    why: /1,200 responses brought nothing new/,
  },
  { name: "reordered", run: { counts: { reordered: 1 }, slipMs: 50 }, verdict: "wrong", why: /older state/ },
  {
    name: "lost",
    run: { missing: (sequence) => (sequence === 60 ? 4 : 0) },
    verdict: "wrong",
    why: /4 times a stream lacked/,
  },
  {
    name: "lost in the warm-up",
    run: { missing: (sequence) => (sequence === 7 ? 1 : 0) },
    verdict: "wrong",
    why: /1 times a stream lacked/,
  },
  {
    name: "lost, by a generator that was late",
    run: { missing: (sequence) => (sequence === 60 ? 4 : 0), slipMs: 50 },
    verdict: "invalid",
    why: /4 times a stream lacked/,
  },
  {
    name: "streams that ended for good",
    run: { counts: { ended: 3, reconnected: 1 } },
    verdict: "wrong",
    why: /2 streams ended/,
  },
  {
    name: "aborted",
    run: { aborted: new BenchError("aborted", "SIGINT after 4 s") },
    verdict: "aborted",
    why: /SIGINT after 4 s/,
  },
  {
    name: "aborted, but wrong",
    run: { aborted: new BenchError("aborted", "SIGINT"), counts: { reordered: 1 } },
    verdict: "wrong",
    why: /SIGINT/,
  },
  {
    name: "saturation by a busy generator, asked for a latency",
    run: { plan: { ...saturation, thresholds: [threshold("p99 < 1000")] }, cpuShare: 0.95 },
    verdict: "invalid",
    why: /`p99 < 1000` can't be judged/,
  },
  {
    name: "saturation by a busy generator, asked for more than it could take",
    run: { plan: { ...saturation, thresholds: [threshold("pushes_per_second > 5000")] }, cpuShare: 0.95 },
    verdict: "invalid",
    why: /can't be judged/,
  },
  {
    name: "saturation by a busy generator, asked for less than it could take",
    run: { plan: { ...saturation, thresholds: [threshold("pushes_per_second < 500")] }, cpuShare: 0.95 },
    verdict: "missed",
    why: /is missed: 1,000\/s/,
  },
];

for (const { name, run, verdict, why } of cases) {
  test(name, () => {
    const result = collectRun(run);
    assert.equal(result.verdict.kind, verdict, result.verdict.reasons.join("; "));
    assert.ok(
      result.verdict.reasons.some((reason) => why.test(reason)),
      result.verdict.reasons.join("; "),
    );
  });
}

test("a busy generator's saturation run still tells what the server can do at least, and takes per push", () => {
  const thresholds = [threshold("pushes_per_second > 500"), threshold("cpu_us_per_push < 30"), threshold("lost == 0")];
  const result = collectRun({ plan: { ...saturation, thresholds }, cpuShare: 0.95 });
  assert.equal(result.verdict.kind, "passed", result.verdict.reasons.join("; "));
  assert.deepEqual(result.lowerBounds, ["pushes_per_second", "changes_per_second"]);
  assert.match(result.verdict.notes.join(), /are lower bounds/);
  assert.deepEqual(collectRun({ plan: saturation }).lowerBounds, []);
});

test("a stream that was ended and came back is told, and no fault", () => {
  const result = collectRun({ counts: { ended: 2, reconnected: 2 } });
  assert.equal(result.verdict.kind, "passed");
  assert.match(result.verdict.notes.join(), /2 streams were ended .* came back/);
});

test("a result holds no secrets of its plan", () => {
  const driver: Plan["driver"] = {
    kind: "http",
    change: {
      method: "POST",
      url: "http://me:geheim@127.0.0.1/x",
      headers: { Authorization: "Bearer geheim", "x-a": "b" },
    },
  };
  const text = JSON.stringify(collectRun({ plan: { driver, server: { prometheusUrl: "http://u:geheim@h/m" } } }).plan);
  assert.doesNotMatch(text, /geheim/);
  assert.match(text, /"x-a":"b"/);
  const token = { kind: "fairlead", adminUrl: "http://127.0.0.1:1", group: "g", token: "geheim" } as const;
  assert.doesNotMatch(JSON.stringify(collectRun({ plan: { driver: token } }).plan), /geheim/);
  assert.equal(steadyPlan.driver.kind, "exec");
});

test("a run that is ended in its warm-up has measured nothing, and says so", () => {
  const collector = collect({ ...steadyPlan, thresholds: [threshold("p99 < 20")] }, 0);
  collector.report(0, { kind: "ready" });
  for (let sequence = 1; sequence <= 20; sequence++) {
    collector.issued(sequence, sequence * 100, 0);
    const times = Float32Array.of(1, 2);
    collector.report(0, {
      ...{ kind: "held", sequence, intendedMs: sequence * 100 },
      ...{ receivedMs: times, ackedMs: times, missing: 0 },
    });
  }
  collector.measured(3_000);
  const result = collector.finish({ atMs: 3_100, notes: [], aborted: new BenchError("aborted", "ended") });
  assert.deepEqual(result.measured, { fromMs: 3_100, durationMs: 0, pushes: 0 });
  assert.equal(result.received, undefined);
  assert.equal(result.counts.changes, 0);
  assert.deepEqual(result.verdict, {
    kind: "aborted",
    reasons: ["ended", "nothing was measured: the part that counts had not begun"],
    notes: [],
  });
});

test("a server that goes away is said first, and breaks the run off: it is not aborted", () => {
  const aborted = new BenchError("driver-failed", "10 changes failed one after the other: 503 from the admin API");
  const { verdict } = collectRun({ aborted, counts: { ended: 100 }, failed: 70 });
  assert.deepEqual(verdict, {
    kind: "invalid",
    reasons: ["the server went away: 100 streams ended, and did not come back", aborted.message],
    notes: [],
  });
});
