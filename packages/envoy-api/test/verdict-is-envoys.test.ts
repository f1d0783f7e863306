import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, ruleKinds } from "@fairlead/envoy-api";
import { requireTool } from "../../../test/support/tools.ts";
import { compareWithEnvoy, describe } from "../scripts/compare/compare.ts";

/** Stated only on messages outside of what xDS serves: the bootstrap's resource monitors, the rate limit quota service. */
const UNREACHABLE = ["int64.gt", "map.values"];

test("on 1,000 generated resources Envoy agrees with us, or differs in a way that docs/validation.md explains", async (t) => {
  const envoy = requireTool("envoy");
  if ("skip" in envoy) return t.skip(envoy.skip);
  const found = await compareWithEnvoy(loadSchema(), { envoy: envoy.path, count: 1000, seed: 7 });

  const unexplained = found.differences.filter((it) => it.kind === undefined);
  assert.deepEqual(unexplained.map(describe), []);
  assert.ok(found.bothTake > 400, `both take only ${found.bothTake}: the generator makes too little that is valid`);
  assert.ok(found.bothRefuse > 200, `both refuse only ${found.bothRefuse}: the mutations break too little`);
  const untried = [...ruleKinds(loadSchema()).keys()].filter((kind) => !found.triedRules.has(kind));
  assert.deepEqual(untried.sort(), UNREACHABLE, "every kind of rule is tried");
});
