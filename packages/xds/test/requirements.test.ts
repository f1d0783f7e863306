import assert from "node:assert/strict";
import { test } from "node:test";
import { measureRequirements, printRequirements } from "../scripts/requirements.ts";

// protocol.md: every id has a test and a fault that it catches, and that most others don't.
test("every requirement has a test, and a seeded fault that it catches", async (t) => {
  const requirements = await measureRequirements();
  for (const line of printRequirements(requirements).split("\n")) t.diagnostic(line);
  assert.deepEqual(requirements.gaps, []);
});
