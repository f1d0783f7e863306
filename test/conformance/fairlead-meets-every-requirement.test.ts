import assert from "node:assert/strict";
import { test } from "node:test";
import { fairleadDriver } from "../../packages/control-plane/src/conformance/drivers/fairlead.ts";
import { nameOf } from "../../packages/control-plane/src/conformance/report/summarize.ts";
import { runCases } from "../../packages/control-plane/src/conformance/run.ts";
import { SUITE } from "../../packages/control-plane/src/conformance/suite.ts";
import { makeScratch } from "../support/scratch.ts";
import { serve, TIMINGS } from "./support/served.ts";

/** What Fairlead's own schema has no type for, so that the driver can't set it. */
const NOT_IN_THE_SCHEMA = ["the rate limit service's configurations have a service, and no names mean all"];

test("a running `fairlead serve` passes every case, and supports all of it", async () => {
  const scratch = makeScratch("conformance");
  const { target, adminUrl, child } = await serve({ folder: scratch.path });
  try {
    const outcomes = await runCases({
      target,
      driver: fairleadDriver(adminUrl),
      cases: SUITE,
      timings: TIMINGS,
      concurrency: 16,
      timeoutMs: 30_000,
      quietMs: 300,
    });
    const tried = outcomes.filter((outcome) => !NOT_IN_THE_SCHEMA.includes(outcome.case.says));
    const others = tried.filter(({ result }) => result !== "pass");
    const told = others.map((outcome) => [nameOf(outcome), outcome.expected, outcome.came, ...outcome.transcript]);
    assert.deepEqual(told, []);
    assert.ok(outcomes.length > SUITE.length, "every case in each of its variants");
  } finally {
    await child.stop();
  }
  scratch.remove();
});

test("every case is told apart by its name, and has a source", () => {
  const names = SUITE.map(({ id, says }) => `${id} ${says}`);
  assert.deepEqual(names, [...new Set(names)]);
  assert.deepEqual(
    SUITE.filter(({ source, variants }) => source === "" || variants.length === 0),
    [],
  );
});
