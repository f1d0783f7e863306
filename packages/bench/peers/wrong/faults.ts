import type { Request, Voice } from "../http2/serve.ts";
import type { Held, Snapshot } from "../node/snapshot.ts";
import type { Teller, Told } from "./teller.ts";

/** A way to be wrong: what a stream says, made of what it should say. */
export type Fault = (teller: Teller) => Voice;

export type FaultName = "none" | "resends" | "loses" | "reorders" | "unchanged" | "nack-storm" | "stale";

/** Every so many pushes to a stream one goes wrong, so that a run of a few changes meets it and most is right. */
const EVERY = 3;

/** Faults that only streams that reject meet, all of them; of the others every second stream is spared. */
export const answersNacks: ReadonlySet<FaultName> = new Set(["resends", "nack-storm"]);

/** The faults by name. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  none: (teller) => speak(teller, () => {}),
  resends: (teller) => onNack(teller, 1),
  "nack-storm": (teller) => onNack(teller, Number.POSITIVE_INFINITY),
  unchanged: (teller) => everyThird(teller, (told) => [told, told]),
  reorders: (teller) => everyThird(teller, (told) => [told, stateBefore(teller, told), told]),
  loses,
  stale: (teller) => ({
    hear: teller.hear,
    next: () => {
      const told = teller.next(teller.history.before());
      return told && teller.frame(told);
    },
  }),
};

/** An honest voice, which sends what is queued first. `plan` looks at each response and may queue more. */
function speak(teller: Teller, plan: (told: Told, queue: Told[]) => void): Voice {
  const queue: Told[] = [];
  return {
    hear: teller.hear,
    next: () => {
      const due = queue.shift();
      if (due !== undefined) return teller.frame(due);
      const told = teller.next(teller.history.newest());
      if (told === undefined) return undefined;
      plan(told, queue);
      return teller.frame(told);
    },
  };
}

/** Every third push becomes these responses, the first of which is itself. */
function everyThird(teller: Teller, become: (told: Told) => readonly Told[]): Voice {
  let pushes = 0;
  return speak(teller, (told, queue) => {
    if (told.since > 0 && ++pushes % EVERY === 0) queue.push(...become(told).slice(1));
  });
}

/** The same resources as they were before the last change. */
function stateBefore({ history }: Teller, { held, since }: Told): Told {
  const snapshot = history.before();
  const names = new Set(held.map(({ name }) => name));
  return { snapshot, held: snapshot.held.filter(({ name }) => names.has(name)), since };
}

/** After a NACK the rejected state is sent again though nothing has changed: at most so many times for each state. */
function onNack(teller: Teller, atMost: number): Voice {
  let last: Told | undefined;
  let resent = 0;
  let isDue = false;
  const hear = (request: Request) => {
    teller.hear(request);
    if (request.isNack && last !== undefined && resent < atMost) isDue = true;
  };
  const next = () => {
    const told = teller.next(teller.history.newest());
    if (told !== undefined) {
      last = told;
      resent = 0;
      isDue = false;
      return teller.frame(told);
    }
    if (!isDue || last === undefined) return undefined;
    isDue = false;
    resent++;
    return teller.frame(last);
  };
  return { hear, next };
}

/** The resources of the third push are never heard of again: the stream keeps them as they were. */
function loses(teller: Teller): Voice {
  const frozen = new Map<string, Held>();
  let pushes = 0;
  const next = (): Buffer | undefined => {
    const newest = teller.history.newest();
    const told = teller.next(newest);
    if (told === undefined) return undefined;
    if (told.since > 0 && ++pushes === EVERY) freeze(frozen, newest, teller.history.before());
    const fresh = told.held.filter(({ name }) => !frozen.has(name));
    const hasNews = fresh.some(({ revision }) => revision > told.since);
    if (!hasNews) return next();
    const held = teller.isDelta ? fresh : told.held.map((each) => frozen.get(each.name) ?? each);
    return teller.frame({ ...told, held });
  };
  return { hear: teller.hear, next };
}

function freeze(frozen: Map<string, Held>, newest: Snapshot, before: Snapshot): void {
  for (const [index, held] of newest.held.entries()) {
    if (held.revision === newest.revision) frozen.set(held.name, before.held[index]!);
  }
}
