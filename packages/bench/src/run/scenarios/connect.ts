import { nowMs } from "../clock.ts";
import { connectAll, type Stage } from "../stage.ts";
import { sleepUntil } from "../waits.ts";
import type { ScenarioOf } from "./scenario-of.ts";

/** All clients connect; the storm to their first sync is what is measured, and the memory they hold after it. */
export async function connect(stage: Stage, { connecting, holdMs }: ScenarioOf<"connect">): Promise<void> {
  stage.measure(nowMs());
  await connectAll(stage, connecting);
  if (holdMs > 0) {
    stage.enter("hold", holdMs);
    await sleepUntil(nowMs() + holdMs, stage.signal);
  }
  stage.measured(nowMs());
}
