import type { Scenario } from "../../plan/plan.ts";
import { nowMs } from "../clock.ts";
import { LEAD_MS, pace } from "../pace.ts";
import { connectAll, type Stage } from "../stage.ts";
import { sleepUntil } from "../waits.ts";

/** All know that figures begin so long before they do, ms: the first change belongs to them. */
const BEFORE_MS = 5;

type Steady = Extract<Scenario, { readonly changesPerSecond: number; readonly kind: "steady" | "soak" }>;

/** Changes at a rate, open loop; a soak is the same for longer. */
export async function steady(stage: Stage, scenario: Steady): Promise<void> {
  const { connecting, changesPerSecond: perSecond, warmupMs, durationMs, churn } = scenario;
  const { issuer, fleet, signal } = stage;
  await connectAll(stage, connecting);
  if (churn) fleet.churn(churn);
  const fromMs = nowMs() + LEAD_MS;
  const untilMs = fromMs + warmupMs + durationMs;
  const changing = issuer.canChange && perSecond > 0;
  await Promise.all([
    changing ? pace(issuer, { perSecond, fromMs, untilMs: () => untilMs }, signal) : undefined,
    timeline(stage, fromMs, warmupMs, durationMs),
  ]);
  if (churn) fleet.churn({ streamsPerSecond: 0, subscriptionsPerSecond: 0 });
}

/** Warm-up, then the part that is measured. */
export async function timeline(stage: Stage, fromMs: number, warmupMs: number, durationMs: number): Promise<void> {
  const { signal, enter } = stage;
  if (warmupMs > 0) enter("warmup", warmupMs);
  const measureMs = fromMs + warmupMs;
  await sleepUntil(measureMs - BEFORE_MS, signal);
  stage.measure(measureMs);
  enter("measure", durationMs);
  await sleepUntil(measureMs + durationMs, signal);
  stage.measured(measureMs + durationMs);
}
