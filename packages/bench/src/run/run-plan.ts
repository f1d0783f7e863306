import { createDriver } from "../drivers/create.ts";
import type { Driver } from "../drivers/driver.ts";
import { BenchError } from "../errors.ts";
import { observe } from "../observe/observe.ts";
import type { Observer } from "../observe/observer.ts";
import type { Plan } from "../plan/plan.ts";
import type { Progress } from "../progress/progress.ts";
import { collect } from "../results/collect.ts";
import type { Collector } from "../results/collector.ts";
import type { Result } from "../results/result.ts";
import { nowMs } from "./clock.ts";
import { checkDescriptors } from "./descriptors.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { createIssuer, type Issuer } from "./issuer.ts";
import { checkPorts } from "./ports.ts";
import { type Playable, play } from "./scenarios/play.ts";
import { search } from "./scenarios/search.ts";
import type { Stage } from "./stage.ts";
import { isWithin, unlessAborted } from "./waits.ts";

/** How a run is watched and ended. */
export interface RunOptions {
  /** Ends the run in order: what there is becomes a result with the verdict `aborted`. */
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
  /** What the user should know at once. */
  readonly onWarning?: (text: string) => void;
}

/** The server is looked at, and the progress told, that often, ms. */
const SAMPLE_INTERVAL_MS = 1_000;
/** How long streams may take, at the end, to get what was changed, ms. What they lack then is lost. */
const SETTLE_PATIENCE_MS = 10_000;
/** The same for a step of a search, at least, ms. */
const STEP_PATIENCE_MS = 1_000;
/** The same for a run that is ended early, ms: short of that, what was on its way would count as lost. */
const ABORT_PATIENCE_MS = 3_000;
/** How long the server may take to be set up or back, ms. */
const TEARDOWN_TIMEOUT_MS = 10_000;

/**
 * Runs a plan to its end.
 *
 * @throws BenchError when it can't be run: the target is down or speaks something else, the server can't be changed, a generator
 *   process ended. No process is left behind, and the server is as `teardown` leaves it.
 */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<Result> {
  const { scenario } = plan;
  if (scenario.kind !== "search") return runOnce(plan, scenario, options);
  return search(plan, scenario, (step, steady, phase) => runOnce(step, steady, { ...options, phase, isStep: true }));
}

interface OnceOptions extends RunOptions {
  /** Put before the names of phases. */
  readonly phase?: string;
  /** It is a step of a search. */
  readonly isStep?: boolean;
}

async function runOnce(plan: Plan, scenario: Playable, options: OnceOptions): Promise<Result> {
  const { signal, progress, onWarning, phase = "", isStep = false } = options;
  checkDescriptors(plan);
  checkPorts(plan);
  const observer = await observe(plan.server);
  const broken = new AbortController();
  const over = new AbortController();
  const onBroken = (error: BenchError) => broken.abort(error);
  const onAbort = () => over.abort(new BenchError("aborted", "the run was ended before its time"));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const playing = AbortSignal.any([broken.signal, over.signal]);

  const collector = collect(plan, nowMs());
  const enter = (name: string, forMs?: number) => {
    collector.phase(phase + name, nowMs());
    progress?.phase(phase + name, forMs);
  };
  const sampler = startSampler(observer, collector, progress);
  const notes: string[] = [];
  let driver: Driver | undefined;
  let fleet: Fleet | undefined;
  let failure: unknown;
  try {
    enter("setup");
    driver = createDriver(plan);
    if (driver.atOnce === 0) checkNeedsNoDriver(scenario);
    await unlessAborted(playing, driver.setup());
    await sampler.sample(); // before any stream is there
    fleet = await startFleet(plan, {
      signal: playing,
      settling: broken.signal,
      onBroken,
      onReport: (generator, report) => collector.report(generator, report),
      onStorm: collector.storm,
    });
    const issuer = createIssuer({ plan, driver, fleet, collector, onBroken });
    const stage: Stage = {
      plan,
      fleet,
      issuer,
      signal: playing,
      enter,
      note: (text) => notes.push(text),
      ...measuring(fleet, collector, sampler.sample),
    };
    await play(stage, scenario).catch((error) => {
      if (error !== over.signal.reason) throw error;
    });
    enter("settle");
    if (over.signal.aborted) {
      issuer.withdraw();
      collector.measured(nowMs());
    }
    await settle(issuer, fleet, over.signal.aborted ? ABORT_PATIENCE_MS : patienceOf(scenario, isStep), broken.signal);
    await sampler.sample();
  } catch (error) {
    if (error !== over.signal.reason) failure = error; // else it was ended before there was anything to settle
  } finally {
    signal?.removeEventListener("abort", onAbort);
    sampler.stop();
    broken.abort(new BenchError("aborted", "the run is over"));
    await fleet?.stop();
    if (driver) await tearDown(driver, onWarning);
  }
  const aborted = failure instanceof BenchError ? failure : (over.signal.reason as BenchError | undefined);
  const result = collector.finish({ atMs: nowMs(), notes, ...(aborted && { aborted }) });
  if (failure === undefined) return result;
  if (!(failure instanceof BenchError) || result.counts.synced === 0) throw failure;
  throw new BenchError(failure.code, failure.message, { cause: failure, partial: result });
}

async function settle(issuer: Issuer, fleet: Fleet, patienceMs: number, signal: AbortSignal): Promise<void> {
  await issuer.drain(patienceMs, signal);
  await fleet.settle(patienceMs);
}

/** Fan-out has a patience of its own; a step whose backlog takes longer to work off than the step took does not hold anyway. */
function patienceOf(scenario: Playable, isStep: boolean): number {
  if (scenario.kind === "fanout") return Math.min(scenario.patienceMs, SETTLE_PATIENCE_MS);
  if (isStep && scenario.kind === "steady") {
    return Math.min(Math.max(scenario.durationMs, STEP_PATIENCE_MS), SETTLE_PATIENCE_MS);
  }
  return SETTLE_PATIENCE_MS;
}

/** The figures begin and end with a look at the server. */
function measuring(fleet: Fleet, collector: Collector, sample: () => Promise<void>) {
  return {
    measure(fromMs: number) {
      fleet.measure(fromMs);
      collector.measure(fromMs);
      void sample();
    },
    measured(untilMs: number) {
      collector.measured(untilMs);
      void sample();
    },
  };
}

function startSampler(observer: Observer | undefined, collector: Collector, progress: Progress | undefined) {
  const sample = async () => {
    const seen = await observer?.sample();
    if (observer && seen) collector.server(observer.source, seen);
  };
  const timer = setInterval(() => {
    void sample();
    const live = collector.live(nowMs()); // also where nobody looks: it is the timeline's sample
    progress?.sample(live);
  }, SAMPLE_INTERVAL_MS);
  return { sample, stop: () => clearInterval(timer) };
}

async function tearDown(driver: Driver, onWarning: RunOptions["onWarning"]): Promise<void> {
  try {
    const isDone = await isWithin(TEARDOWN_TIMEOUT_MS, driver.teardown(), new AbortController().signal);
    if (!isDone) onWarning?.(`the teardown was not done after ${TEARDOWN_TIMEOUT_MS / 1000} s`);
  } catch (error) {
    onWarning?.(`the server could not be set back: ${error instanceof Error ? error.message : error}`);
  }
}

function checkNeedsNoDriver({ kind }: Playable): void {
  if (kind !== "fanout" && kind !== "saturation") return;
  throw new BenchError("bad-plan", `a ${kind} run makes changes: driver "none" can't; choose fairlead, http or exec`);
}
