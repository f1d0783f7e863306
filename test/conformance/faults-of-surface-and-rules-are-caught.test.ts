import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "../../packages/xds/test/faults/faults.ts";
import { testFaultsOf } from "./support/catch-faults.ts";
import { UNSEEN } from "./support/unseen-faults.ts";

testFaultsOf("the surface and the common rules", (id) => /^[SC]/.test(id));

test("what is said to be unseen is a fault, and has a reason", () => {
  const known = new Set(FAULTS.map(({ says }) => says));
  const wrong = [...UNSEEN].filter(([says, reason]) => !known.has(says) || reason === "");
  assert.deepEqual(wrong, [], "packages/xds/test/faults/faults.ts has no such fault any more, or there is no reason");
});
