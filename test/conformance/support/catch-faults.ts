import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FAULTS } from "../../../packages/xds/test/faults/faults.ts";
import { makeScratch } from "../../support/scratch.ts";
import { CAUGHT } from "./caught-faults.ts";
import { tryFault } from "./try-fault.ts";
import { UNSEEN } from "./unseen-faults.ts";

// Each fault is a `fairlead serve` of its own, whose module is loaded with that fault, and meets the cases of its requirement
// only, until one fails. Part of that is waiting: so several at a time.
const AT_A_TIME = 2 * availableParallelism();

/** Defines the test that the suite catches what it caught of the seeded faults of these requirements, and tells of others. */
export function testFaultsOf(title: string, isOurs: (id: string) => boolean): void {
  test(`the suite catches the faults of ${title} that it has cases for, each by its requirement`, async (t) => {
    const scratch = makeScratch("conformance-faults");
    for (const { id, says } of FAULTS) {
      if (isOurs(id) && !CAUGHT.has(says) && !UNSEEN.has(says)) t.diagnostic(`no case yet that catches ${id}: ${says}`);
    }
    const queue = FAULTS.entries().filter(([, { id, says }]) => isOurs(id) && CAUGHT.has(says));
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
