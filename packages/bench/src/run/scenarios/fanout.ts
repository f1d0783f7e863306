import { nowMs } from "../clock.ts";
import { LEAD_MS } from "../pace.ts";
import { connectAll, type Stage } from "../stage.ts";
import { isWithin, sleepUntil } from "../waits.ts";
import type { ScenarioOf } from "./scenario-of.ts";

/** One change at a time: the next one when all streams hold it. */
export async function fanout(stage: Stage, scenario: ScenarioOf<"fanout">): Promise<void> {
  const { connecting, changes, pauseMs, patienceMs } = scenario;
  const { issuer, fleet, signal } = stage;
  await connectAll(stage, connecting);
  stage.measure(nowMs());
  stage.enter("fanout");
  for (let done = 0; done < changes; done++) {
    const [change] = await issuer.announce([nowMs() + LEAD_MS]);
    await sleepUntil(change!.intendedMs, signal);
    issuer.hand(change!);
    if (!(await isWithin(patienceMs, fleet.untilBehind(0), signal))) {
      stage.note(`change ${change!.sequence} had not reached all streams after ${patienceMs} ms, so no other was made`);
      break;
    }
    if (done + 1 < changes) await sleepUntil(nowMs() + pauseMs, signal);
  }
  stage.measured(nowMs());
}
