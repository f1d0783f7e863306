import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FAULTS } from "../../../packages/xds/test/faults/faults.ts";
import { makeScratch } from "../../support/scratch.ts";
import { serve } from "./served.ts";
import { tryFault } from "./try-fault.ts";
import { UNSEEN } from "./unseen-faults.ts";

// Each fault is a `fairlead serve` of its own, whose module is loaded with that fault, and meets the cases of its requirement
// only, until one fails. Part of that is waiting: so several at a time.
const AT_A_TIME = 2 * availableParallelism();

/** What to do about a fault that nothing catches. */
const MEND =
  "a seeded fault must be caught: add a case of its requirement to packages/control-plane/src/conformance/cases that fails " +
  "with it, or, if no client can see it from outside, the reason to test/conformance/support/unseen-faults.ts";

/** Defines the test that the suite catches each seeded fault of these requirements that can be seen from outside. */
export function testFaultsOf(title: string, isOurs: (id: string) => boolean): void {
  test(`the suite catches every fault of ${title} that can be seen, each by its requirement`, async (t) => {
    const scratch = makeScratch("conformance-faults");
    const compileCache = join(scratch.path, "compiled");
    const sound = await serve({ folder: scratch.path, compileCache });
    const tried = async (index: number) => {
      const { id, says } = FAULTS[index]!;
      const { caughtBy, trouble } = await tryFault(index, sound, scratch.path, compileCache);
      t.diagnostic(`${id} ${says}: ${[...trouble, caughtBy ?? "not caught"].join("; ")}`);
      return caughtBy === undefined ? [`${id}: ${says}`, ...trouble].join("; ") : undefined;
    };
    const queue = FAULTS.keys().filter((index) => isOurs(FAULTS[index]!.id) && !UNSEEN.has(FAULTS[index]!.says));
    const missed: number[] = [];
    const worker = async () => {
      for (const index of queue) if ((await tried(index)) !== undefined) missed.push(index);
    };
    const uncaught: string[] = [];
    try {
      await Promise.all(Array.from({ length: AT_A_TIME }, worker));
      // What a server that got no time hid shows when nothing else is tried.
      for (const index of missed) {
        const again = (await tried(index)) && (await tried(index));
        if (again !== undefined) uncaught.push(again);
      }
    } finally {
      await sound.child.stop("SIGKILL");
    }
    assert.deepEqual(uncaught, [], MEND);
    scratch.remove();
  });
}
