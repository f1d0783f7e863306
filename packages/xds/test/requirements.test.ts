import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { confirmRequirements } from "../scripts/requirements.ts";

// protocol.md: every id has a test and a fault that it catches. Which test that is, of all, was measured before, and is written
// down; here each fault meets the file of that test only.
test("every requirement has a test, and each seeded fault is caught by the test that the table names", async () => {
  const table = readFileSync(join(import.meta.dirname, "../../../docs/requirements.md"), "utf8");
  assert.deepEqual(
    await confirmRequirements(table),
    [],
    "node packages/xds/scripts/requirements.ts --write measures anew",
  );
});
