import type { Change } from "../run/messages.ts";

/** Changes the server under test. `createDriver(plan)` (create.ts) makes the one that the plan asks for. */
export interface Driver {
  /**
   * Changes that may be under way at a time. 1 where each replaces all that there is. The coordinator never lets two overlap that
   * touch the same resource: their order would be the server's choice. 0: nothing is ever changed (`none`).
   */
  readonly atOnce: number;
  /**
   * Has the server hold the workload with all marks at 0, whatever it held before.
   * @throws BenchError `driver-failed`, and says what the server answered.
   */
  setup(): Promise<void>;
  /**
   * Makes one change; resolves once the server has taken it.
   * @throws BenchError `driver-failed` when it was refused or not answered in time.
   */
  change(change: Change): Promise<void>;
  /** Undoes `setup` where the plan says how, and lets go of processes and connections. Called once, whatever happened. */
  teardown(): Promise<void>;
}
