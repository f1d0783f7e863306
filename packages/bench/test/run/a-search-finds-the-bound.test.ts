import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import type { Result, Verdict } from "../../src/results/result.ts";
import { search } from "../../src/run/scenarios/search.ts";
import { collectRun } from "../results/support.ts";
import { planWith } from "../support/plan.ts";

const BASE = collectRun();
const SCENARIO = {
  kind: "search",
  connecting: { atOnce: 9 },
  from: 10,
  to: 1_000,
  precision: 0.05,
  changesPerSecond: 7,
  warmupMs: 1,
  durationMs: 2,
} as const;

/** Searches a server that is judged like that at each value; what was tried, and what came of it. */
async function searchWith(
  judge: (value: number) => Verdict["kind"] | BenchError,
  vary: "streams" | "rate" = "streams",
) {
  const tried: number[] = [];
  const result = await search(planWith({ streams: 3 }), { ...SCENARIO, vary }, async (plan, { changesPerSecond }) => {
    assert.equal(vary === "rate" ? plan.streams : changesPerSecond, vary === "rate" ? 3 : 7, "the other one stays");
    const value = vary === "rate" ? changesPerSecond : plan.streams;
    tried.push(value);
    const kind = judge(value);
    if (kind instanceof BenchError) throw kind;
    return {
      ...BASE,
      verdict: { kind, reasons: kind === "passed" ? [] : [`${kind} at ${value}`], notes: [] },
    } as Result;
  });
  return { tried, result, verdict: result.verdict };
}

test("it doubles until a step does not hold, and halves what is between up to the precision", async () => {
  const { tried, result, verdict } = await searchWith((value) => (value <= 137 ? "passed" : "missed"));
  assert.deepEqual(tried, [10, 20, 40, 80, 160, 120, 140, 130, 135]);
  assert.equal(result.search?.best, 135);
  assert.equal(result.metrics.search_best, 135);
  assert.deepEqual(result.search.steps.at(4), { value: 160, holds: false, reason: "missed at 160" });
  assert.equal(verdict.kind, "passed");
  assert.deepEqual(verdict.notes, ["at 140 streams: missed at 140"]);
});

test("a rate is searched in fractions", async () => {
  const { result } = await searchWith((value) => (value <= 12.6 ? "passed" : "missed"), "rate");
  assert.equal(result.search?.best, 12.5);
});

test("nothing holds: the result is the first step's", async () => {
  const { tried, result, verdict } = await searchWith(() => "missed");
  assert.deepEqual(tried, [10]);
  assert.equal(result.search?.best, null);
  assert.equal(verdict.kind, "missed");
});

test("everything holds: the bound is above", async () => {
  const { tried, result, verdict } = await searchWith(() => "passed");
  assert.deepEqual(tried, [10, 20, 40, 80, 160, 320, 640, 1_000]);
  assert.equal(result.search?.best, 1_000);
  assert.deepEqual(verdict.notes, ["the bound is above 1000 streams"]);
});

test("a step in which the load tester was late is tried again, and when it stays so the search is invalid", async () => {
  let hiccups = 0;
  const once = await searchWith((value) =>
    value === 40 && hiccups++ === 0 ? "invalid" : value > 80 ? "missed" : "passed",
  );
  assert.deepEqual(once.tried.slice(0, 6), [10, 20, 40, 40, 80, 160]);
  assert.equal(once.verdict.kind, "passed");
  const always = await searchWith((value) => (value > 80 ? "invalid" : "passed"));
  assert.equal(always.result.search?.best, 80);
  assert.equal(always.verdict.kind, "invalid");
  assert.match(always.verdict.reasons.join(), /the load tester, not the server, set the bound: at 83 streams/);
});

test("a step that can't be run does not hold; when it is the first one, there is nothing to search", async () => {
  const refused = new BenchError("target-refused", "no more streams");
  const { result } = await searchWith((value) => (value > 15 ? refused : "passed"));
  assert.equal(result.search?.best, 15);
  assert.equal(result.search.steps.find(({ value }) => value === 20)?.reason, "no more streams");
  await assert.rejects(
    searchWith(() => refused),
    refused,
  );
});

test("a search that is ended keeps its steps", async () => {
  const { tried, result, verdict } = await searchWith((value) => (value < 40 ? "passed" : "aborted"));
  assert.deepEqual(tried, [10, 20, 40]);
  assert.equal(verdict.kind, "aborted");
  assert.equal(result.search?.best, 20);
});
