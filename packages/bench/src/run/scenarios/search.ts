import { BenchError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { titleOf } from "../../plan/title.ts";
import type { Result } from "../../results/result.ts";
import { withoutSecrets } from "../../results/secrets.ts";
import type { ScenarioOf } from "./scenario-of.ts";

type Search = ScenarioOf<"search">;
type Steady = ScenarioOf<"steady" | "soak">;

/** One step: a whole run on connections of its own. */
export type RunStep = (plan: Plan, scenario: Steady, phase: string) => Promise<Result>;

interface Step {
  readonly value: number;
  readonly holds: boolean;
  readonly reason: string;
  /** Left out: the step could not be run to its end. */
  readonly result?: Result;
}

/** A search ends after so many steps, whatever the precision. */
const MAX_STEPS = 40;

/**
 * Looks for the most streams, or the highest rate, at which all thresholds hold: doubles from the lower bound until a step fails,
 * then halves what is between. The figures of the result are those of the best step, or of the first when none held.
 */
export async function search(plan: Plan, scenario: Search, run: RunStep): Promise<Result> {
  const steps: Step[] = [];
  const tryValue = async (value: number) => {
    const step = await tryStep(plan, scenario, value, steps.length, run);
    steps.push(step);
    return step;
  };
  const { from, to, precision } = scenario;
  let best: Step | undefined;
  let failed: Step | undefined;
  for (let value = from; failed === undefined; value = Math.min(to, value * 2)) {
    const step = await tryValue(value);
    if (isAborted(step)) break;
    if (step.holds) best = step;
    else failed = step;
    if (value >= to) break;
  }
  while (best && failed && (failed.value - best.value) / failed.value > precision && steps.length < MAX_STEPS) {
    const value = between(best.value, failed.value, scenario.vary);
    if (value === undefined) break;
    const step = await tryValue(value);
    if (isAborted(step)) break;
    if (step.holds) best = step;
    else failed = step;
  }
  return conclude(plan, scenario, steps, best, failed);
}

/** @throws what the first step throws: then nothing is there to search. Later it is a reason for a step not to hold. */
async function tryStep(plan: Plan, scenario: Search, value: number, index: number, run: RunStep): Promise<Step> {
  const { vary, connecting, changesPerSecond, warmupMs, durationMs } = scenario;
  const steady: Steady = {
    kind: "steady",
    connecting,
    warmupMs,
    durationMs,
    changesPerSecond: vary === "rate" ? value : changesPerSecond,
  };
  const step: Plan = { ...plan, scenario: steady, streams: vary === "streams" ? value : plan.streams };
  try {
    const phase = `step ${index + 1}, ${amount(value, vary)}: `;
    let result = await run(step, steady, phase);
    // The machine's own hiccup says nothing of the server; the same again is no hiccup.
    if (result.verdict.kind === "invalid") result = await run(step, steady, phase);
    const holds = result.verdict.kind === "passed";
    return { value, holds, reason: result.verdict.reasons.join("; "), result };
  } catch (error) {
    if (index === 0 || !(error instanceof BenchError) || error.code === "aborted") throw error;
    return { value, holds: false, reason: error.message };
  }
}

function isAborted({ result }: Step): boolean {
  return result?.verdict.kind === "aborted";
}

/** The middle; `undefined` when there is none in whole streams. */
function between(low: number, high: number, vary: Search["vary"]): number | undefined {
  if (vary === "rate") return (low + high) / 2;
  const middle = Math.round((low + high) / 2);
  return middle > low && middle < high ? middle : undefined;
}

function conclude(plan: Plan, { vary, to }: Search, steps: readonly Step[], best?: Step, failed?: Step): Result {
  const first = steps[0]!.result!;
  const last = steps.at(-1)!;
  const shown = (best ?? steps[0]!).result!;
  return {
    ...shown,
    name: titleOf(plan),
    plan: withoutSecrets(plan),
    startedAt: first.startedAt,
    durationMs: steps.reduce((sum, { result }) => sum + (result?.durationMs ?? 0), 0),
    verdict: verdict(),
    metrics: { ...shown.metrics, ...(best && { search_best: best.value }) },
    search: {
      vary,
      best: best?.value ?? null,
      steps: steps.map(({ value, holds, reason }) => ({ value, holds, reason })),
    },
  };

  function verdict(): Result["verdict"] {
    const { notes } = shown.verdict;
    if (isAborted(last)) return { ...last.result!.verdict, notes };
    if (!best) return { ...first.verdict, notes: [`it was not searched on: ${say(steps[0]!)}`, ...notes] };
    if (!failed) return { kind: "passed", reasons: [], notes: [`the bound is above ${amount(to, vary)}`, ...notes] };
    if (failed.result?.verdict.kind === "invalid") {
      return { kind: "invalid", reasons: [`the load tester, not the server, set the bound: ${say(failed)}`], notes };
    }
    return { kind: "passed", reasons: [], notes: [say(failed), ...notes] };
  }

  function say({ value, reason }: Step): string {
    return `at ${amount(value, vary)}: ${reason}`;
  }
}

function amount(value: number, vary: Search["vary"]): string {
  return `${value} ${vary === "rate" ? "changes/s" : "streams"}`;
}
