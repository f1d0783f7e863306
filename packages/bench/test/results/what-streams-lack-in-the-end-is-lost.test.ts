import assert from "node:assert/strict";
import { test } from "node:test";
import { collect } from "../../src/results/collect.ts";
import { steadyPlan } from "./support.ts";

test("a stream that counted for no change, and lacks one in the end, makes the run wrong", () => {
  const collector = collect(steadyPlan, 0);
  collector.report(0, { kind: "ready" });
  collector.report(0, {
    kind: "settled",
    faults: [{ kind: "lost", client: 3, count: 2, message: "stream 3 lacks it" }],
  });
  const { counts, verdict } = collector.finish({ atMs: 1_000, notes: [] });
  assert.equal(counts.lost, 2);
  assert.equal(verdict.kind, "wrong");
});
