import { fairleadDriver } from "../../../packages/control-plane/src/conformance/drivers/fairlead.ts";
import { nameOf } from "../../../packages/control-plane/src/conformance/report/summarize.ts";
import { runCases } from "../../../packages/control-plane/src/conformance/run.ts";
import { SUITE } from "../../../packages/control-plane/src/conformance/suite.ts";
import { FAULTS } from "../../../packages/xds/test/faults/faults.ts";
import { serve, TIMINGS } from "./served.ts";

/** What the suite made of a server with a seeded fault. */
export interface Verdict {
  /** The trial of the fault's requirement that failed first; `undefined`: none did. */
  readonly caughtBy: string | undefined;
  /** Why nothing could be tried. */
  readonly trouble: string | undefined;
}

/** Whom these forget is reached all the same when a trial beside makes a group: so one at a time. */
const ALONE: ReadonlySet<string> = new Set(["server/interest-index.ts"]);

/** Starts Fairlead with a fault, and tries the cases of the fault's requirement until one fails. */
export async function tryFault(index: number, folder: string, compileCache: string): Promise<Verdict> {
  const fault = FAULTS[index]!;
  const cases = SUITE.filter(({ id }) => id === fault.id);
  if (cases.length === 0) return { caughtBy: undefined, trouble: "there are no cases of it" };
  const caught = new AbortController();
  let caughtBy: string | undefined;
  const served = await serve({ folder, fault: index, compileCache });
  try {
    await runCases({
      target: served.target,
      driver: fairleadDriver(served.adminUrl),
      cases,
      timings: TIMINGS,
      concurrency: ALONE.has(fault.file) ? 1 : 16,
      timeoutMs: 5_000,
      quietMs: 300,
      signal: caught.signal,
      onOutcome(outcome) {
        if (outcome.result === "pass") return;
        caughtBy ??= `${nameOf(outcome)}: expected ${outcome.expected}; came ${outcome.came}`;
        caught.abort();
      },
    });
    return { caughtBy, trouble: undefined };
  } catch (error) {
    return { caughtBy, trouble: (error as Error).message };
  } finally {
    await served.child.stop("SIGKILL");
  }
}
