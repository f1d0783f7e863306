import type { Scenario } from "../../plan/plan.ts";
import type { Stage } from "../stage.ts";
import { connect } from "./connect.ts";
import { fanout } from "./fanout.ts";
import { reconnect } from "./reconnect.ts";
import { saturation } from "./saturation.ts";
import type { ScenarioOf } from "./scenario-of.ts";
import { steady } from "./steady.ts";

/** A scenario that is one run; a search is many. */
export type Playable = Exclude<Scenario, ScenarioOf<"search">>;

/** Plays a scenario to its end. */
export function play(stage: Stage, scenario: Playable): Promise<void> {
  switch (scenario.kind) {
    case "connect":
      return connect(stage, scenario);
    case "steady":
    case "soak":
      return steady(stage, scenario);
    case "fanout":
      return fanout(stage, scenario);
    case "saturation":
      return saturation(stage, scenario);
    case "reconnect":
      return reconnect(stage, scenario);
  }
}
