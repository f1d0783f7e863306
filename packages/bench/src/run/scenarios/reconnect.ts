import { nowMs } from "../clock.ts";
import { LEAD_MS, pace } from "../pace.ts";
import { connectAll, type Stage } from "../stage.ts";
import { sleepUntil } from "../waits.ts";
import type { ScenarioOf } from "./scenario-of.ts";

/** A share of the connections is cut at one moment, and comes back while changes go on; again and again. */
export async function reconnect(stage: Stage, scenario: ScenarioOf<"reconnect">): Promise<void> {
  const { connecting, share, rounds, reconnecting, changesPerSecond: perSecond, pauseMs } = scenario;
  const { issuer, fleet, signal, enter } = stage;
  await connectAll(stage, connecting);
  let untilMs = Number.POSITIVE_INFINITY;
  const fromMs = nowMs() + LEAD_MS;
  const changing =
    issuer.canChange && perSecond > 0 ? pace(issuer, { perSecond, fromMs, untilMs: () => untilMs }, signal) : undefined;
  stage.measure(nowMs());
  const cutting = async () => {
    for (let round = 1; round <= rounds; round++) {
      enter(`reconnect ${round}/${rounds}`);
      await fleet.cut(share, reconnecting);
      await sleepUntil(nowMs() + pauseMs, signal);
    }
    untilMs = nowMs();
  };
  await Promise.all([changing, cutting()]);
  stage.measured(nowMs());
}
