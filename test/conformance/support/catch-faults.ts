import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FAULTS } from "../../../packages/xds/test/faults/faults.ts";
import { makeScratch } from "../../support/scratch.ts";
import { tryFault } from "./try-fault.ts";
import { UNSEEN } from "./unseen-faults.ts";

// Each fault is a `fairlead serve` of its own, whose module is loaded with that fault, and meets the cases of its requirement
// only, until one fails. Part of that is waiting: so several at a time.
const AT_A_TIME = 2 * availableParallelism();

/** Defines the test that the suite catches the seeded faults of these requirements that can be seen from outside. */
export function testFaultsOf(title: string, isOurs: (id: string) => boolean): void {
  test(`the suite catches every visible fault of ${title}, by a case of its requirement`, async (t) => {
    const scratch = makeScratch("conformance-faults");
    const queue = FAULTS.entries().filter(([, { id, says }]) => isOurs(id) && !UNSEEN.has(says));
    const uncaught: string[] = [];
    const worker = async () => {
      for (const [index, { id, says }] of queue) {
        const { caughtBy, trouble } = await tryFault(index, scratch.path, join(scratch.path, "compiled"));
        t.diagnostic(`${id} ${says}: ${caughtBy ?? "not caught"}`);
        if (caughtBy === undefined) uncaught.push(`${id}: ${says}${trouble === undefined ? "" : ` (${trouble})`}`);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    const mend =
      "add a case to packages/control-plane/src/conformance/cases, or the reason to support/unseen-faults.ts";
    assert.deepEqual(uncaught, [], mend);
    scratch.remove();
  });
}
