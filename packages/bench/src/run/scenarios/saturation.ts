import { nowMs } from "../clock.ts";
import { LEAD_MS } from "../pace.ts";
import { connectAll, type Stage } from "../stage.ts";
import { isWithin } from "../waits.ts";
import type { ScenarioOf } from "./scenario-of.ts";
import { timeline } from "./steady.ts";

/** As fast as it goes: a change is made as soon as fewer than `ahead` are on their way to some stream. */
export async function saturation(stage: Stage, scenario: ScenarioOf<"saturation">): Promise<void> {
  const { connecting, ahead, warmupMs, durationMs } = scenario;
  await connectAll(stage, connecting);
  const fromMs = nowMs() + LEAD_MS;
  await Promise.all([
    saturate(stage, ahead, fromMs + warmupMs + durationMs),
    timeline(stage, fromMs, warmupMs, durationMs),
  ]);
}

async function saturate({ issuer, fleet, signal }: Stage, ahead: number, untilMs: number): Promise<void> {
  while (nowMs() < untilMs) {
    if (!(await isWithin(untilMs - nowMs(), fleet.untilBehind(ahead - 1), signal))) return;
    const intendedMs = nowMs();
    const room = Math.max(1, ahead - fleet.behind);
    const changes = await issuer.announce(Array.from({ length: room }, () => intendedMs));
    for (const change of changes) issuer.hand(change);
  }
}
