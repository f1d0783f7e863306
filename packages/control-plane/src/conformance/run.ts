import { setTimeout } from "node:timers/promises";
import { openRawStream, statusName } from "@fairlead/xds";
import { FairleadError } from "../errors.ts";
import type { Case, Try } from "./case.ts";
import type { Driver } from "./drivers/driver.ts";
import { FENCE, FENCES } from "./fence.ts";
import { Mismatch, Unsupported } from "./mismatch.ts";
import type { TargetOptions } from "./options.ts";
import { CDS, cluster } from "./resources.ts";
import { Trial } from "./trial.ts";

/** How one trial ended. */
export interface Outcome extends Try {
  readonly result: "pass" | "fail" | "unsupported";
  /** Set unless it passed. */
  readonly expected?: string;
  /** What came instead; or what is lacking. */
  readonly came?: string;
  readonly ms: number;
  readonly transcript: readonly string[];
}

/** What to run, against what. */
export interface RunOptions extends TargetOptions {
  readonly cases: readonly Case[];
  readonly driver: Driver;
  /** Trials at a time. */
  readonly concurrency: number;
  /** Once it is aborted no further trial begins. */
  readonly signal?: AbortSignal;
  /** Told of each as it ends. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** Runs of this process, so that nodes of runs side by side have different names. */
let runs = 0;

/** A trial that takes longer hangs, ms beyond its own waits. */
const HANGS_MS = 60_000;

/**
 * Runs every variant of the cases, each with a node of its own, and returns the outcomes in the order of the cases.
 *
 * @throws FairleadError `target-unreachable`, `driver-failed` if the server or its driver does not do the least
 */
export async function runCases(options: RunOptions): Promise<Outcome[]> {
  const run = `conf-${process.pid.toString(36)}-${Date.now().toString(36)}-${++runs}`;
  const fences = await findFences(options, `${run}-0`);
  const tries: readonly Try[] = options.cases.flatMap((one) => one.variants.map((variant) => ({ case: one, variant })));
  const queue = tries.entries();
  const outcomes: (Outcome | undefined)[] = [];
  const worker = async () => {
    for (const [index, attempt] of queue) {
      if (options.signal?.aborted) return;
      const outcome = await runTrial(attempt, new Trial(attempt, { ...options, node: `${run}-${index + 1}`, fences }));
      outcomes[index] = outcome;
      options.onOutcome?.(outcome);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  return outcomes.filter((outcome) => outcome !== undefined);
}

async function runTrial(attempt: Try, trial: Trial): Promise<Outcome> {
  const startedMs = performance.now();
  const ended = (what: Pick<Outcome, "result" | "expected" | "came">): Outcome => ({
    ...attempt,
    ...what,
    ms: Math.round(performance.now() - startedMs),
    transcript: trial.transcript,
  });
  const hangs = new AbortController();
  try {
    await Promise.race([attempt.case.run(trial), hang(trial, hangs.signal)]);
    return ended({ result: "pass" });
  } catch (error) {
    if (error instanceof Unsupported) return ended({ result: "unsupported", came: error.message });
    if (error instanceof Mismatch) return ended({ result: "fail", expected: error.expected, came: error.came });
    if (error instanceof FairleadError && error.code === "driver-failed") {
      return ended({ result: "fail", expected: "the driver to set the state", came: error.message });
    }
    throw error;
  } finally {
    hangs.abort();
    await trial.close();
  }
}

async function hang({ timings, timeoutMs }: Trial, signal: AbortSignal): Promise<never> {
  const limitMs = HANGS_MS + Math.max(timings.deadlineMs, timings.returnDeadlineMs) + 4 * timeoutMs;
  await setTimeout(limitMs, undefined, { signal });
  throw new Mismatch("the case to end", `nothing for ${limitMs} ms`);
}

/** Sees that the driver takes effect on the target, and which fences it answers. */
async function findFences(options: RunOptions, node: string): Promise<string[]> {
  const { driver, target, tls, timeoutMs } = options;
  const base = [cluster("conformance-first")];
  await trySet(driver, node, base);
  const stream = (mode: "sotw" | "delta", typeUrl?: string) =>
    openRawStream({
      target,
      ...(tls && { tls }),
      mode,
      node: { id: node, cluster: node },
      timeoutMs,
      ...(typeUrl !== undefined && { typeUrl }),
    });
  const firsts = [stream("sotw"), stream("delta"), stream("sotw", CDS), stream("delta", CDS)];
  try {
    for (const first of firsts) first.subscribe(CDS);
    const answers = firsts.map((first) => first.next(CDS));
    await Promise.any(answers).catch(() =>
      refuse(
        options,
        firsts.map((first) => first.end),
      ),
    );
  } finally {
    await Promise.all(firsts.map((first) => first.close()));
  }
  return await answeredFences(options, `${node}-fences`);
}

async function answeredFences({ driver, timeoutMs, target, tls }: RunOptions, node: string): Promise<string[]> {
  const resources = [...FENCES.values()];
  try {
    await driver.set({ node, version: "1", resources: [cluster("conformance-first"), ...resources] });
  } catch (error) {
    if (error instanceof Unsupported) return [];
    throw error;
  }
  const answered = await Promise.all(
    [...FENCES.keys()].map(async (typeUrl) => {
      const stream = openRawStream({
        target,
        ...(tls && { tls }),
        mode: "sotw",
        node: { id: node, cluster: node },
        timeoutMs,
      });
      stream.subscribe(typeUrl, [FENCE]);
      const answer = await stream.next(typeUrl).catch(() => undefined);
      await stream.close();
      return answer?.resources.length === 1 ? typeUrl : undefined;
    }),
  );
  await driver.forget(node);
  return answered.filter((typeUrl) => typeUrl !== undefined);
}

async function trySet(driver: Driver, node: string, resources: readonly ReturnType<typeof cluster>[]): Promise<void> {
  try {
    await driver.set({ node, version: "1", resources });
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    throw new FairleadError("driver-failed", `${driver.title}: not even a cluster can be set: ${error.message}`);
  }
}

/** Nothing was answered: says whose fault it is. */
function refuse(
  { target, driver, timeoutMs }: RunOptions,
  ends: readonly ({ code: number; message: string } | undefined)[],
): never {
  const lost = ends.find((end) => end !== undefined);
  if (lost !== undefined && ends.every((end) => end !== undefined)) {
    throw new FairleadError(
      "target-unreachable",
      `${target} serves no xDS: ${statusName(lost.code)}${lost.message === "" ? "" : `: ${lost.message}`}. --target must be the address of the xDS server`,
    );
  }
  throw new FairleadError(
    "driver-failed",
    `the driver (${driver.title}) reported that its change was taken, but ${target} sent a node of that name nothing within ${timeoutMs} ms. ` +
      "Are they the same server? Does it choose what to serve by the node's id or cluster, which both are the name that the driver is given?",
  );
}
