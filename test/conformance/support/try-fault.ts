import type { Case } from "../../../packages/control-plane/src/conformance/case.ts";
import { fairleadDriver } from "../../../packages/control-plane/src/conformance/drivers/fairlead.ts";
import { nameOf } from "../../../packages/control-plane/src/conformance/report/summarize.ts";
import { type Outcome, runCases } from "../../../packages/control-plane/src/conformance/run.ts";
import { SUITE } from "../../../packages/control-plane/src/conformance/suite.ts";
import { FAULTS } from "../../../packages/xds/test/faults/faults.ts";
import { type Served, serve, TIMINGS } from "./served.ts";

/** What the suite made of a server with a seeded fault. */
export interface Verdict {
  /** The trial of the fault's requirement that caught it; `undefined`: none did. */
  readonly caughtBy: string | undefined;
  /** Why nothing could be tried, or why failures did not count. */
  readonly trouble: readonly string[];
}

/** Whom these forget is reached all the same when a trial beside makes a group: so one at a time. */
const ALONE: ReadonlySet<string> = new Set(["server/interest-index.ts"]);
/** Times that a trial which failed is tried again, until it fails once more. */
const MAX_REPEATS = 3;
/** Longest wait for one thing that must come, ms. */
const TIMEOUT_MS = 5_000;
/**
 * Starts Fairlead with a fault, and tries the cases of the fault's requirement until one catches it: it fails with the fault,
 * fails in the same way when it is tried again, and passes against `sound`, a server without faults, right after. So a
 * wait that ran out on a busy machine is no catch.
 */
export async function tryFault(index: number, sound: Served, folder: string, compileCache: string): Promise<Verdict> {
  const fault = FAULTS[index]!;
  const cases = SUITE.filter(({ id }) => id === fault.id);
  if (cases.length === 0) return { caughtBy: undefined, trouble: ["there are no cases of it"] };
  let left = cases.flatMap((one) => one.variants.map((variant) => ({ ...one, variants: [variant] })));
  const trouble: string[] = [];
  let served: Served | undefined;
  try {
    served = await serve({ folder, fault: index, compileCache });
    while (left.length > 0) {
      const outcomes = await tryUntilFailure(served, left, ALONE.has(fault.file) ? 1 : 16);
      const tried = new Set(outcomes.map(nameOf));
      left = left.filter((one) => !tried.has(nameOf({ case: one, variant: one.variants[0]! })));
      for (const failure of outcomes.filter(({ result }) => result !== "pass")) {
        const doubt = await doubtOf(failure, served, sound);
        const told = `${nameOf(failure)}: expected ${failure.expected}; came ${failure.came}`;
        if (doubt === undefined) return { caughtBy: told, trouble };
        trouble.push(`${told}, but ${doubt}`);
      }
    }
  } catch (error) {
    trouble.push((error as Error).message);
  } finally {
    await served?.child.stop("SIGKILL");
  }
  return { caughtBy: undefined, trouble };
}

/** The outcomes until one is a failure, and of what was under way then. */
async function tryUntilFailure(served: Served, cases: readonly Case[], concurrency: number): Promise<Outcome[]> {
  const enough = new AbortController();
  return await runCases({
    ...optionsFor(served),
    cases,
    concurrency,
    signal: enough.signal,
    onOutcome({ result }) {
      if (result !== "pass") enough.abort();
    },
  });
}

/** Why a failure may not be the fault's; `undefined`: it is. */
async function doubtOf(failure: Outcome, served: Served, sound: Served): Promise<string | undefined> {
  const alone = { cases: [{ ...failure.case, variants: [failure.variant] }], concurrency: 1 };
  const [control] = await runCases({ ...optionsFor(sound), ...alone });
  if (control?.result !== "pass") return `without the fault came ${control?.came}`;
  // What the trial before leaves behind may hide it once: its group goes, and all clients are looked at.
  for (let left = MAX_REPEATS; left > 0; left--) {
    const [again] = await runCases({ ...optionsFor(served), ...alone });
    if (again?.result === failure.result && again.expected === failure.expected) return undefined;
  }
  return `it passed when it was tried again, ${MAX_REPEATS} times`;
}

function optionsFor({ target, adminUrl }: Served) {
  const driver = fairleadDriver(adminUrl);
  return { target, driver, timings: TIMINGS, timeoutMs: TIMEOUT_MS, quietMs: 300 };
}
