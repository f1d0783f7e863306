import type { Driver } from "../drivers/driver.ts";
import { BenchError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { Collector } from "../results/collector.ts";
import { nowMs } from "./clock.ts";
import type { Fleet } from "./fleet.ts";
import type { Change } from "./messages.ts";
import { isWithin } from "./waits.ts";

/** Numbers changes, makes them known to the generators, and has the driver make them. */
export interface Issuer {
  /** Whether the plan has a way to change the server. Without one nothing is issued. */
  readonly canChange: boolean;
  /** Makes changes that are meant for these times known; resolves with them once all generators know. */
  announce(intendedMs: readonly number[]): Promise<readonly Change[]>;
  /** Hands a change to the driver, at once or as soon as it has room. To be called at the change's intended time. */
  hand(change: Change): void;
  /** Takes back what the driver has not begun with: nobody waits for it, and it counts as neither made nor failed. */
  withdraw(): void;
  /** Resolves when the driver is done with all; what it isn't done with by then counts as failed. */
  drain(patienceMs: number, signal: AbortSignal): Promise<void>;
}

/** What an issuer works with. */
export interface IssuerOptions {
  readonly plan: Plan;
  readonly driver: Driver;
  readonly fleet: Fleet;
  readonly collector: Collector;
  onBroken(error: BenchError): void;
}

/** The driver is taken to be broken when so many changes fail one after the other; or so many, when none was ever made. */
const MAX_FAILURES_IN_A_ROW = 10;
const MAX_FAILURES_AT_FIRST = 3;
/** Changes that wait for the driver, at most: the run is over when it lags that far. */
const MAX_WAITING = 100_000;

/** @see Issuer */
export function createIssuer({ plan, driver, fleet, collector, onBroken }: IssuerOptions): Issuer {
  const { count, change } = plan.workload;
  /** Made known, and not handed yet. */
  const announced = new Set<Change>();
  const waiting: Change[] = [];
  const underWay = new Set<Change>();
  const busy = new Set<number>();
  let isBusyWithAll = false;
  let sequence = 0;
  let failuresInARow = 0;
  let maxFailures = MAX_FAILURES_AT_FIRST;
  let drained: (() => void) | undefined;

  function touched(of: number): Change["resources"] {
    if (change === "all") return "all";
    return [change === "first" ? 0 : of % count];
  }

  /** Two changes of one resource don't overlap: their order would be the server's choice. */
  function isFree({ resources }: Change): boolean {
    if (isBusyWithAll) return false;
    return resources === "all" ? underWay.size === 0 : resources.every((resource) => !busy.has(resource));
  }

  function mark({ resources }: Change, isBusy: boolean): void {
    if (resources === "all") isBusyWithAll = isBusy;
    else for (const resource of resources) isBusy ? busy.add(resource) : busy.delete(resource);
  }

  function pump(): void {
    while (waiting.length > 0 && underWay.size < driver.atOnce && isFree(waiting[0]!)) void make(waiting.shift()!);
    if (waiting.length === 0 && underWay.size === 0) drained?.();
  }

  async function make(one: Change): Promise<void> {
    underWay.add(one);
    mark(one, true);
    let failure: unknown;
    let isDone = true;
    try {
      await driver.change(one);
    } catch (error) {
      failure = error;
      isDone = false;
    }
    if (!underWay.delete(one)) return; // given up (drain)
    if (isDone) {
      collector.driven(one.sequence, one.intendedMs, nowMs());
      failuresInARow = 0;
      maxFailures = MAX_FAILURES_IN_A_ROW;
    } else {
      fail(one, failure);
    }
    mark(one, false);
    pump();
  }

  function giveUp({ sequence }: Change, reason: string): void {
    collector.failed(sequence, reason);
    fleet.failed([sequence]);
  }

  function fail(one: Change, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    giveUp(one, reason);
    if (++failuresInARow < maxFailures) return;
    const message = `${failuresInARow} changes failed one after the other: ${reason}`;
    onBroken(new BenchError("driver-failed", message, { cause: error }));
  }

  return {
    canChange: driver.atOnce > 0,
    async announce(intendedMs) {
      sequence = Math.max(sequence, fleet.newest); // else what the server has from a run before would be newer
      const changes = intendedMs.map((due) => {
        const number = ++sequence;
        return { sequence: number, intendedMs: due, resources: touched(number) };
      });
      for (const one of changes) announced.add(one);
      await fleet.announce(changes);
      return changes;
    },
    hand(one) {
      if (!announced.delete(one)) return; // withdrawn
      collector.issued(one.sequence, one.intendedMs, Math.max(0, nowMs() - one.intendedMs));
      waiting.push(one);
      if (waiting.length > MAX_WAITING) {
        const message = `${MAX_WAITING} changes wait for the driver: choose a rate at which the server can be changed`;
        onBroken(new BenchError("driver-failed", message));
      }
      pump();
    },
    withdraw() {
      const dropped = waiting.splice(0);
      for (const { intendedMs } of dropped) collector.withdrawn(intendedMs);
      const sequences = [...announced, ...dropped].map(({ sequence }) => sequence);
      announced.clear();
      if (sequences.length > 0) fleet.failed(sequences);
    },
    async drain(patienceMs, signal) {
      if (waiting.length === 0 && underWay.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      drained = resolve;
      if (await isWithin(patienceMs, promise, signal)) return;
      for (const one of waiting.splice(0)) giveUp(one, "the driver was not done with the changes before it in time");
      for (const one of underWay) giveUp(one, "the driver was not done with it in time");
      underWay.clear();
    },
  };
}
