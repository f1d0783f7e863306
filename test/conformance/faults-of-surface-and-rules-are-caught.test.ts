import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "../../packages/xds/test/faults/faults.ts";
import { testFaultsOf } from "./support/catch-faults.ts";
import { CAUGHT } from "./support/caught-faults.ts";
import { UNSEEN } from "./support/unseen-faults.ts";

testFaultsOf("the surface and the common rules", (id) => /^[SC]/.test(id));

test("what is said to be caught or unseen is a fault, and not both", () => {
  const known = new Set(FAULTS.map(({ says }) => says));
  assert.deepEqual(
    [...UNSEEN.keys(), ...CAUGHT].filter((says) => !known.has(says)),
    [],
  );
  assert.deepEqual(
    [...CAUGHT].filter((says) => UNSEEN.has(says)),
    [],
  );
});
