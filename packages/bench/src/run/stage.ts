import type { Connecting, Plan } from "../plan/plan.ts";
import type { Fleet } from "./fleet.ts";
import type { Issuer } from "./issuer.ts";

/** What a scenario plays on. Set-up, settling and teardown are done around it. */
export interface Stage {
  readonly plan: Plan;
  readonly fleet: Fleet;
  readonly issuer: Issuer;
  /** Ends every wait of the scenario. */
  readonly signal: AbortSignal;
  /** A part of the run begins; `forMs`: how long it takes, where that is known. */
  enter(phase: string, forMs?: number): void;
  /** The figures are of what is intended from that time on; to be called a moment before it. */
  measure(fromMs: number): void;
  /** The figures end with what is intended before that time. */
  measured(untilMs: number): void;
  /** Something that a reader of the result should know. */
  note(text: string): void;
}

/** Connects all clients: how every scenario begins. */
export async function connectAll({ fleet, enter }: Stage, connecting: Connecting): Promise<void> {
  enter("connect");
  await fleet.connect(connecting);
}
