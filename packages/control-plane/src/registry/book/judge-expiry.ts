import type { RegistryLimits } from "../limits.ts";
import type { Alarm, Entry, ServiceEntries } from "./entry.ts";
import { isHealthy } from "./wishes.ts";

/** How a service's instances are, where some are due to expire. */
export interface Census {
  readonly total: number;
  /** This replica's, healthy so far, silent for their TTL: to be marked unhealthy. */
  readonly due: readonly Entry[];
  /** Any that were marked unhealthy within their last TTL, by whichever replica. */
  readonly recent: readonly Entry[];
  /** This replica's that are silent for more than half their TTL: if they stay so, they expire next. */
  readonly suspects: number;
  /** This replica's silent for their TTL, whatever grace they have. */
  readonly silent: number;
}

/** What is to be done about those that are due. */
export type Judgement = "expire" | "wait" | "keep";

/** How the judge sees an entry. */
export interface Sight {
  readonly isOwn: (entry: Entry) => boolean;
  /** When it expires, with every grace. */
  readonly dueAtMs: (entry: Entry) => number;
}

/** Counts a service's instances by how they are. */
export function takeCensus({ entries }: ServiceEntries, nowMs: number, sight: Sight): Census {
  const due: Entry[] = [];
  const recent: Entry[] = [];
  let total = 0;
  let suspects = 0;
  let silent = 0;
  for (const entry of entries.values()) {
    if (entry.stored === undefined) continue;
    total++;
    if (!isHealthy(entry)) {
      if (nowMs - entry.unhealthySinceMs <= entry.ttlMs) recent.push(entry);
      continue;
    }
    if (!sight.isOwn(entry)) continue;
    if (entry.heardAtMs + entry.ttlMs <= nowMs) silent++;
    if (sight.dueAtMs(entry) <= nowMs) due.push(entry);
    else if (sight.dueAtMs(entry) - entry.ttlMs / 2 <= nowMs) suspects++;
  }
  return { total, due, recent, suspects, silent };
}

/**
 * Whether those that are due may expire. Many that fall silent together did not die together, as a rule: the network or this
 * process is at fault, and an empty cluster would be worse than one with dead endpoints. They don't fall due at the same moment, though,
 * but one after another within the time between heartbeats; so who is silent for half its TTL, which misses at least one heartbeat
 * of a client that beats twice in a TTL, is waited for, since it turns out to be either alive or due soon.
 */
export function judgeExpiry({ total, due, recent, suspects }: Census, limits: RegistryLimits): Judgement {
  const isMass = (lost: number) => isMassExpiry(lost, total, limits);
  const lost = due.length + recent.length;
  if (isMass(lost)) return "keep";
  return isMass(lost + suspects) ? "wait" : "expire";
}

/** Whether so many of so many are too many to be believed. */
export function isMassExpiry(
  lost: number,
  total: number,
  { massExpiryPercent, massExpiryInstances }: RegistryLimits,
): boolean {
  return massExpiryPercent < 100 && lost >= massExpiryInstances && lost * 100 > massExpiryPercent * total;
}

/**
 * Whether a service's alarm is to go on. Each replica hears only its own: those that another let expire before this alarm are no sign of
 * life when they are forgotten, or one replica after the other would let all of its own go.
 */
export function isStillMass(
  { entries }: ServiceEntries,
  { expired }: Alarm,
  { silent, recent, total }: Census,
  limits: RegistryLimits,
): boolean {
  const lost = new Set(recent.map(({ id }) => id));
  let gone = 0;
  for (const id of expired) {
    const entry = entries.get(id);
    if (entry?.stored && isHealthy(entry)) continue;
    lost.add(id);
    if (!entry?.stored) gone++;
  }
  return isMassExpiry(silent + lost.size, total + gone, limits);
}
