import type { RegistryLimits } from "../limits.ts";
import { type Alarms, createAlarms } from "./alarms.ts";
import type { Tell } from "./book.ts";
import { createDocket } from "./docket.ts";
import type { Entry, ServiceEntries } from "./entry.ts";
import { type Census, isMassExpiry, isStillMass, judgeExpiry, takeCensus } from "./judge-expiry.ts";
import type { Owners } from "./owners.ts";
import type { Silence } from "./silence.ts";
import { isHealthy, NOBODY, type Wishes } from "./wishes.ts";

/** Has silent instances expire, unless they are too many to be believed. */
export interface Expiry {
  advance(nowMs: number): void;
  /** One of a service was marked unhealthy, by whichever replica. */
  markedElsewhere(entry: Entry, nowMs: number): void;
  census(service: ServiceEntries, nowMs: number): Census;
  /** The silent ones of a service with an alarm expire, whatever their number. How many there are. */
  acceptLoss(service: ServiceEntries, nowMs: number): number;
}

/** What has instances expire takes part in. */
export interface ExpiryParts {
  readonly limits: RegistryLimits;
  readonly owners: Owners;
  readonly silence: Silence;
  readonly wishes: Wishes;
  readonly tell: Tell;
}

/** Nobody is silent yet. */
export function createExpiry(parts: ExpiryParts): Expiry {
  const { limits, owners, silence, wishes } = parts;
  const { isOwn } = owners;
  const sight = { isOwn, dueAtMs: silence.endsAtMs };
  const docket = createDocket();
  const alarms: Alarms = createAlarms(parts);
  const census = (service: ServiceEntries, nowMs: number) => takeCensus(service, nowMs, sight);

  /** Where an entry's time has come. */
  const look = (entry: Entry, nowMs: number) => {
    if (!isOwn(entry) || !entry.stored) return;
    const silentAtMs = silence.endsAtMs(entry);
    if (isHealthy(entry)) {
      if (silentAtMs > nowMs) silence.watchAt(entry, silentAtMs);
      else docket.soon(entry.service, nowMs);
      return;
    }
    const removeAtMs = silentAtMs + limits.removeAfterMs;
    const isSettled = !entry.wish && !entry.flight;
    if (removeAtMs > nowMs || !isSettled) silence.watchAt(entry, Math.max(removeAtMs, nowMs + 1));
    else wishes.put(entry, removalOf(entry));
  };

  const expire = (entry: Entry, nowMs: number) => {
    wishes.mark(entry, false);
    entry.unhealthySinceMs = nowMs;
    silence.watch(entry);
  };

  const judge = (service: ServiceEntries, nowMs: number) => {
    const found = census(service, nowMs);
    const again = () => {
      service.judgeAtMs = undefined;
      docket.later(service, nowMs);
    };
    if (service.alarm) {
      if (isStillMass(service, service.alarm, found, limits)) return again();
      docket.strike(service);
      return alarms.recovered(service, found, nowMs);
    }
    // Replicas that let theirs expire at the same time did not know of each other: they take it back.
    const isTooMuch = isMassExpiry(found.recent.length, found.total, limits) && found.recent.some(isOwn);
    if (found.due.length === 0 && !isTooMuch) return docket.strike(service);
    switch (judgeExpiry(found, limits)) {
      case "expire":
        docket.strike(service);
        for (const entry of found.due) expire(entry, nowMs);
        return;
      case "wait":
        return again();
      case "keep":
        alarms.raise(service, found, nowMs);
        return again();
    }
  };

  return {
    census,
    advance(nowMs) {
      silence.advance(nowMs, (entry) => look(entry, nowMs));
      docket.advance(nowMs, (service) => judge(service, nowMs));
    },
    markedElsewhere(entry, nowMs) {
      entry.unhealthySinceMs = nowMs;
      docket.later(entry.service, nowMs);
    },
    acceptLoss(service, nowMs) {
      const found = census(service, nowMs);
      docket.strike(service);
      alarms.accepted(service, found, nowMs);
      for (const entry of found.due) {
        expire(entry, nowMs);
        entry.unhealthySinceMs = Number.NEGATIVE_INFINITY; // they count for no alarm to come
      }
      return found.due.length;
    },
  };
}

function removalOf({ service, id, incarnation, sequence }: Entry) {
  const said = { service: service.name, id, incarnation, sequence };
  return { kind: "remove", why: "expired", said, incarnation, sequence, waiting: NOBODY } as const;
}
