import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import { checkDescriptors } from "../../src/run/descriptors.ts";
import { planWith } from "../support/plan.ts";

test("a run whose generators may not open enough connections is refused, and each of the three mends helps", () => {
  const plan = planWith({ streams: 5_000 });
  assert.throws(
    () => checkDescriptors(plan, 1_024),
    (error: BenchError) => {
      assert.ok(error instanceof BenchError);
      assert.equal(error.code, "generator-failed");
      assert.match(
        error.message,
        /5000 connections in a generator process need 5064 file descriptors, .* may have 1024/,
      );
      const [, limit, generators, perConnection] =
        /ulimit -n (\d+)\), ask for (\d+) generators, .*streamsPerConnection (\d+)/.exec(error.message)!.map(Number);
      checkDescriptors(plan, limit);
      checkDescriptors({ ...plan, generators: generators! }, 1_024);
      checkDescriptors({ ...plan, streamsPerConnection: perConnection! }, 1_024);
      return true;
    },
  );
});
