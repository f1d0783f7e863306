import { type InstanceKey, instanceDocumentKey } from "../instance.ts";
import type { HeartbeatResult } from "../registry.ts";
import type { Forwarding } from "./book.ts";
import type { Entry } from "./entry.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Owners } from "./owners.ts";
import type { Shelf } from "./shelf.ts";
import type { Silence } from "./silence.ts";
import type { Tombstones } from "./tombstones.ts";
import type { Wishes } from "./wishes.ts";

/** Takes up signs of life. */
export interface Heartbeats {
  /** See `Book.heartbeat`. */
  take(key: InstanceKey, nowMs: number, isPassedOn?: boolean): HeartbeatResult;
  /** A message shows that the instance lives. @param isNumbered whether it said its sequence */
  heard(entry: Entry, nowMs: number, isNumbered: boolean, isPassedOn: boolean): HeartbeatResult;
  /** See `Book.notForwarded`. */
  notForwarded(forwarding: Forwarding, isLast: boolean, nowMs: number): void;
}

/** What takes up signs of life takes part in. */
export interface HeartbeatParts {
  readonly shelf: Shelf;
  readonly tombstones: Tombstones;
  readonly owners: Owners;
  readonly silence: Silence;
  readonly wishes: Wishes;
  readonly outgoing: Outgoing;
}

/** The hot path: no allocation where nothing changes. */
export function createHeartbeats(parts: HeartbeatParts): Heartbeats {
  const { shelf, tombstones, owners, silence, wishes, outgoing } = parts;
  const { services } = shelf;
  const { self } = owners;

  const heard = (entry: Entry, nowMs: number, isNumbered: boolean, isPassedOn: boolean): HeartbeatResult => {
    const { stored, owner } = entry;
    if (owner === self || stored === undefined) {
      entry.heardAtMs = nowMs;
      if (entry.tick < 0 && owner === self) silence.watch(entry);
      if (entry.wish !== undefined || stored?.isHealthy === false) wishes.mark(entry, true);
      const { deputy } = owners;
      if (deputy !== undefined && !isPassedOn && stored) outgoing.pass(entry, deputy, isNumbered);
      return "heard";
    }
    if (!owners.isLive(owner)) {
      entry.heardAtMs = nowMs; // until somebody adopts it
      return "heard";
    }
    if (owner !== stored.owner) {
      wishes.mark(entry, true); // it was adopted, and talks to this replica: it moves here
      return "heard";
    }
    if (isPassedOn) return "heard"; // whoever passed it on knew less of who owns it than this one, or more
    outgoing.pass(entry, owner, isNumbered);
    return "forwarded";
  };

  return {
    heard,
    take(key, nowMs, isPassedOn = false) {
      const entry = services.get(key.service)?.entries.get(key.id);
      if (!entry) return tombstones.get(instanceDocumentKey(key.service, key.id), nowMs) ? "dead" : "unknown";
      const { incarnation, sequence } = key;
      if (incarnation !== entry.heardIncarnation && incarnation !== 0) {
        return incarnation < entry.heardIncarnation ? "dead" : "unknown";
      }
      const wish = entry.wish;
      if (wish?.kind === "remove" && wish.why === "deregistered") return "dead";
      if (sequence === 0) return heard(entry, nowMs, false, isPassedOn);
      if (sequence <= entry.heardSequence) return sequence === entry.heardSequence ? "again" : "late";
      entry.heardSequence = sequence;
      return heard(entry, nowMs, true, isPassedOn);
    },
    notForwarded({ owner, keys }, isLast, nowMs) {
      for (const { service, id, sequence } of keys) {
        const entry = shelf.find(service, id);
        if (!entry?.stored || owners.isOwn(entry)) continue;
        const hasMoved = entry.owner !== owner;
        if (owners.isLive(entry.owner) && (hasMoved || !isLast)) outgoing.pass(entry, entry.owner, sequence !== 0);
        else {
          entry.heardAtMs = nowMs;
          if (isLast) wishes.mark(entry, true); // it talks to this replica, and its owner can't be told: it moves here
        }
      }
    },
  };
}
