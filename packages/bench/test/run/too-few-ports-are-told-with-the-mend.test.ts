import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import { checkPorts } from "../../src/run/ports.ts";
import { planWith } from "../support/plan.ts";

test("a run with more connections than the machine has ports is refused, and streams that share connections mend it", () => {
  const plan = planWith({ streams: 60_000 });
  assert.throws(
    () => checkPorts(plan, 28_232),
    (error: BenchError) => {
      assert.ok(error instanceof BenchError);
      assert.match(error.message, /60000 connections to 127\.0\.0\.1:1 need a port each, and this machine has 28232/);
      const streamsPerConnection = Number(/streamsPerConnection (\d+)/.exec(error.message)![1]);
      checkPorts({ ...plan, streamsPerConnection }, 28_232);
      return true;
    },
  );
});
