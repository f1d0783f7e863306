import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { formatPlan } from "../../src/plan/format.ts";
import { parsePlan, readPlan } from "../../src/plan/read.ts";

const folder = fileURLToPath(new URL("../../../../examples/bench/", import.meta.url));
const files = globSync("*.yaml", { cwd: folder }).sort();

test("there are examples of every scenario", () => {
  const kinds = files.map((file) => readPlan(folder + file).scenario.kind);
  const all = ["connect", "fanout", "reconnect", "saturation", "search", "soak", "steady"];
  assert.deepEqual([...new Set(kinds)].sort(), all);
});

for (const file of files) {
  test(`examples/bench/${file} is a plan, and stays one when it is printed with its defaults`, () => {
    const plan = readPlan(folder + file);
    assert.deepEqual(parsePlan(formatPlan(plan)), plan);
  });
}
