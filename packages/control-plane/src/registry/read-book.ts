import type { Book } from "./book/book.ts";
import type { Entry } from "./book/entry.ts";
import type { Instance } from "./instance.ts";
import type { Heard, MassExpiry } from "./registry.ts";

/** Names of the services with an instance in the store. */
export function* servicesOf({ services }: Book): Generator<string, undefined> {
  for (const { name, entries } of services.values()) {
    if (Iterator.from(entries.values()).some(({ stored }) => stored !== undefined)) yield name;
  }
}

/** The instances of a service, by id. */
export function instancesOf({ services }: Book, service: string): readonly Instance[] {
  const entries = [...(services.get(service)?.entries.values() ?? [])];
  const shown = entries.flatMap((entry) => shownOf(entry) ?? []);
  return shown.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** One instance, if the store has it. */
export function instanceOf({ services }: Book, service: string, id: string): Instance | undefined {
  return shownOf(services.get(service)?.entries.get(id));
}

/** What was heard last of an instance, if `self` owns it. */
export function heardOf({ services }: Book, self: string, service: string, id: string): Heard | undefined {
  const entry = services.get(service)?.entries.get(id);
  if (entry?.owner !== self) return undefined;
  const { heardIncarnation: incarnation, heardSequence: sequence, heardAtMs } = entry;
  return { incarnation, sequence, atMs: epochOf(heardAtMs) };
}

/** Services with an alarm. */
export function* massExpiriesOf(book: Book): Generator<MassExpiry, undefined> {
  const nowMs = performance.now();
  for (const service of book.services.values()) {
    if (!service.alarm) continue;
    yield { service: service.name, sinceMs: epochOf(service.alarm.sinceMs), ...book.massExpiryOf(service, nowMs) };
  }
}

/** Ms since the epoch of a time by the steady clock. */
function epochOf(steadyMs: number): number {
  return Math.round(Date.now() - (performance.now() - steadyMs));
}

/** As the store has it, and with the owner that it has by adoptions. */
function shownOf(entry: Entry | undefined): Instance | undefined {
  if (!entry?.stored || entry.stored.owner === entry.owner) return entry?.stored;
  return { ...entry.stored, owner: entry.owner };
}
