import type { RegistryMessages } from "../channels.ts";
import type { Tell } from "./book.ts";
import type { ServiceEntries } from "./entry.ts";
import type { Census } from "./judge-expiry.ts";
import type { Owners } from "./owners.ts";
import type { Silence } from "./silence.ts";
import type { Wishes } from "./wishes.ts";

/** Begins and ends the alarms of services of which too many expire at once. */
export interface Alarms {
  /** None expires from now on, and those of this replica that just did are taken back. */
  raise(service: ServiceEntries, census: Census, nowMs: number): void;
  /** Enough are heard again: the others are coming back too, and have a full TTL for it. */
  recovered(service: ServiceEntries, census: Census, nowMs: number): void;
  /** An operator says that they are gone. */
  accepted(service: ServiceEntries, census: Census, nowMs: number): void;
}

/** What alarms take part in. */
export interface AlarmParts {
  readonly owners: Owners;
  readonly silence: Silence;
  readonly wishes: Wishes;
  readonly tell: Tell;
}

/** None yet. */
export function createAlarms({ owners: { isOwn }, silence, wishes, tell }: AlarmParts): Alarms {
  type State = RegistryMessages["fairlead:registry:mass-expiry"]["state"];
  const report = (service: ServiceEntries, state: State, silent: number, total: number) => {
    tell({ about: "fairlead:registry:mass-expiry", message: { service: service.name, state, silent, total } });
  };

  const end = (service: ServiceEntries, state: State, { silent, total }: Census, nowMs: number) => {
    service.alarm = undefined;
    report(service, state, silent, total);
    for (const entry of service.entries.values()) {
      if (isOwn(entry) && entry.stored && silence.endsAtMs(entry) > nowMs) silence.watch(entry);
    }
  };

  return {
    raise(service, { due, recent, total }, nowMs) {
      service.alarm = { sinceMs: nowMs, expired: recent.map(({ id }) => id) };
      for (const entry of recent) if (isOwn(entry)) wishes.mark(entry, true);
      report(service, "raised", due.length + recent.length, total);
    },
    recovered(service, census, nowMs) {
      end(service, "recovered", census, nowMs);
      for (const entry of census.due) {
        entry.heardAtMs = nowMs;
        silence.watch(entry);
      }
    },
    accepted: (service, census, nowMs) => end(service, "accepted", census, nowMs),
  };
}
