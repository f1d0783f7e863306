import type { Json } from "../../store/store.ts";
import { type Instance, instanceDocumentKey } from "../instance.ts";
import { saysTheSame } from "../instance-document.ts";
import { adoptionDocumentKey } from "./adoptions.ts";
import type { Tell } from "./book.ts";
import type { Entry } from "./entry.ts";
import type { Expiry } from "./expiry.ts";
import type { Owners } from "./owners.ts";
import { hear } from "./place.ts";
import { comparePositions, type Position } from "./position.ts";
import type { Shelf } from "./shelf.ts";
import type { Silence } from "./silence.ts";
import type { Tombstones } from "./tombstones.ts";
import { asDecision } from "./wishes.ts";

/** Takes up what the store has, whoever wrote it. */
export interface Learning {
  /** See `Book.stored`. */
  stored(service: string, id: string, instance: Instance | undefined, revision: number, nowMs: number): void;
  /** See `Book.adopted`. */
  adopted(replica: string, value: Json | undefined, revision: number, nowMs: number): void;
  /** See `Book.documentKeys`. */
  documentKeys(): Iterable<string>;
  /** The revision of a document that should be an instance and is not; 0: there is none. A registration replaces it. */
  unreadableRevision(key: string): number;
}

/** What takes up the store's word takes part in. */
export interface LearningParts {
  readonly shelf: Shelf;
  readonly tombstones: Tombstones;
  readonly owners: Owners;
  readonly silence: Silence;
  readonly expiry: Expiry;
  readonly tell: Tell;
}

/** Has learned nothing yet. */
export function createLearning(parts: LearningParts): Learning {
  const { shelf, owners, tell } = parts;
  const unreadable = new Map<string, number>();
  return {
    *documentKeys() {
      for (const replica of owners.adoptions.keys()) yield adoptionDocumentKey(replica);
      yield* unreadable.keys();
      for (const { name, entries } of shelf.services.values()) {
        for (const { id, stored } of entries.values()) if (stored) yield instanceDocumentKey(name, id);
      }
    },
    unreadableRevision: (key) => unreadable.get(key) ?? 0,
    stored(service, id, instance, revision, nowMs) {
      const entry = shelf.find(service, id);
      if (instance) {
        if (unreadable.size > 0) unreadable.delete(instanceDocumentKey(service, id));
        return isThere(parts, entry ?? shelf.create(service, id, nowMs), instance, revision, nowMs);
      }
      const key = instanceDocumentKey(service, id);
      if (revision === 0) unreadable.delete(key);
      else unreadable.set(key, revision);
      if (entry?.stored) isGone(parts, entry, nowMs);
    },
    adopted(replica, value, revision, nowMs) {
      const adoption = owners.adopted(replica, value, revision);
      let instances = 0;
      for (const { entries } of shelf.services.values()) {
        for (const entry of entries.values()) {
          if (entry.stored && owners.settle(entry, entry.stored, nowMs)) instances++;
        }
      }
      if (!adoption || instances === 0) return;
      tell({ about: "fairlead:registry:adopted", message: { replica, by: adoption.by, instances } });
    },
  };
}

function isThere(
  { owners, silence, expiry, tell }: LearningParts,
  entry: Entry,
  instance: Instance,
  revision: number,
  nowMs: number,
): void {
  const before = entry.stored;
  entry.stored = instance;
  entry.revision = revision;
  if (!before || comparePositions(instance, entry) > 0) {
    entry.incarnation = instance.incarnation;
    entry.sequence = instance.sequence;
    if (entry.wish?.kind !== "put") {
      hear(entry, instance);
      entry.ttlMs = instance.ttlMs;
    }
    entry.heardAtMs = nowMs;
  }
  const isOwnWord = entry.flight?.kind === "mark";
  if (!instance.isHealthy && before?.isHealthy !== false && !isOwnWord) expiry.markedElsewhere(entry, nowMs);
  owners.settle(entry, instance, nowMs);
  if (!owners.isOwn(entry)) return;
  silence.watch(entry);
  const change = changeBetween(before, instance);
  if (change) tellOf(tell, entry, change);
}

function isGone({ shelf, tombstones, owners, silence, tell }: LearningParts, entry: Entry, nowMs: number): void {
  const removal = entry.flight?.kind === "remove" ? entry.flight : undefined;
  const isNewest = removal && comparePositions(removal, entry) > 0;
  const { incarnation, sequence }: Position = isNewest ? removal : entry;
  tombstones.put(instanceDocumentKey(entry.service.name, entry.id), { incarnation, sequence }, nowMs);
  if (owners.isOwn(entry)) tellOf(tell, entry, removal?.why ?? "deregistered");
  owners.settle(entry, undefined, nowMs);
  entry.stored = undefined;
  entry.revision = 0;
  entry.incarnation = incarnation;
  entry.sequence = sequence;
  if (!asDecision(entry.wish)) entry.wish = undefined;
  silence.unwatch(entry);
  shelf.forgetIfEmpty(entry);
}

type InstanceChange = "registered" | "changed" | "unhealthy" | "healthy" | "deregistered" | "expired";

function tellOf(tell: Tell, { service, id }: Entry, change: InstanceChange): void {
  tell({ about: "fairlead:registry:instance", message: { service: service.name, id, change } });
}

function changeBetween(before: Instance | undefined, after: Instance): InstanceChange | undefined {
  if (!before) return "registered";
  if (before.isHealthy !== after.isHealthy) return after.isHealthy ? "healthy" : "unhealthy";
  return saysTheSame(before, after) ? undefined : "changed";
}
