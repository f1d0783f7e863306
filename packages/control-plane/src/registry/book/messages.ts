import { type InstanceKey, instanceDocumentKey, type Registration } from "../instance.ts";
import { saysTheSame } from "../instance-document.ts";
import type { RegistryLimits } from "../limits.ts";
import type { Verdict } from "./book.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { hear, late, placeAfter, placeBehind } from "./place.ts";
import { comparePositions, type Position } from "./position.ts";
import { type Shelf, whatIsFull } from "./shelf.ts";
import type { Tombstones } from "./tombstones.ts";
import { decided, join, NOBODY, type Wishes } from "./wishes.ts";

/** Decides on registrations and deregistrations: the newest counts, by (incarnation, sequence). */
export interface Messages {
  register(said: Registration, askers: readonly object[], nowMs: number, wallMs: number): Verdict;
  deregister(said: InstanceKey, askers: readonly object[], nowMs: number): Verdict;
}

/** What decides on messages takes part in. */
export interface MessageParts {
  readonly limits: RegistryLimits;
  readonly shelf: Shelf;
  readonly tombstones: Tombstones;
  readonly heartbeats: Heartbeats;
  readonly wishes: Wishes;
}

const WAITING: Verdict = { kind: "waiting" };
const DONE: Verdict = { kind: "done" };

/** Decides by what the parts know. */
export function createMessages(parts: MessageParts): Messages {
  return {
    register: (said, askers, nowMs, wallMs) => register(parts, said, askers, nowMs, wallMs),
    deregister: (said, askers, nowMs) => deregister(parts, said, askers, nowMs),
  };
}

function register(
  { shelf, tombstones, heartbeats, wishes, limits }: MessageParts,
  said: Registration,
  askers: readonly object[],
  nowMs: number,
  wallMs: number,
): Verdict {
  const { service, id } = said;
  let entry = shelf.find(service, id);
  const pending = entry && decided(entry);
  const ended = entry ? undefined : tombstones.get(instanceDocumentKey(service, id), nowMs);
  const last: Position | undefined = pending ?? entry ?? ended;
  const position = entry ? placeBehind(said, entry, last!) : placeAfter(said, last, wallMs);
  const order = last ? comparePositions(position, last) : 1;
  const present = pending ? (pending.kind === "put" ? pending.registration : undefined) : entry?.stored;
  if (order < 0) return late(said, last!);
  if (order === 0) {
    if (!present || !saysTheSame(present, said)) return late(said, last!);
    if (!pending) return DONE; // the same message once more, as after an answer that was lost
    join(entry!, askers);
    return WAITING;
  }
  const full = entry ? undefined : whatIsFull(shelf, service, limits);
  if (full) return full;
  entry ??= shelf.create(service, id, nowMs);
  hear(entry, position);
  // Who is unhealthy may be on its way out, here or at its owner: only what is written keeps it.
  const isKept = !pending && entry.stored?.isHealthy && position.incarnation === entry.incarnation;
  if (isKept && saysTheSame(entry.stored!, said)) {
    entry.sequence = position.sequence;
    heartbeats.heard(entry, nowMs, said.sequence !== 0, false);
    return DONE;
  }
  entry.heardAtMs = nowMs;
  entry.ttlMs = said.ttlMs;
  const waiting = [...(entry.wish?.waiting ?? NOBODY), ...askers];
  wishes.put(entry, { kind: "put", said, registration: { ...said, ...position }, ...position, waiting });
  return WAITING;
}

function deregister(
  { shelf, tombstones, wishes }: MessageParts,
  said: InstanceKey,
  askers: readonly object[],
  nowMs: number,
): Verdict {
  const entry = shelf.find(said.service, said.id);
  if (!entry) return deregisterUnknown(tombstones, said, nowMs);
  const pending = decided(entry);
  const last: Position = pending ?? entry;
  const position = placeBehind(said, entry, last);
  const order = comparePositions(position, last);
  if (order < 0 || (order === 0 && pending?.kind !== "remove")) return late(said, last);
  if (order === 0) {
    join(entry, askers);
    return WAITING;
  }
  const waiting = [...(entry.wish?.waiting ?? NOBODY), ...askers];
  wishes.put(entry, { kind: "remove", why: "deregistered", said, ...position, waiting });
  return WAITING;
}

function deregisterUnknown(tombstones: Tombstones, said: InstanceKey, nowMs: number): Verdict {
  const key = instanceDocumentKey(said.service, said.id);
  const ended = tombstones.get(key, nowMs);
  const order = ended && said.incarnation !== 0 ? comparePositions(said, ended) : 1;
  if (order === 0) return DONE;
  if (order < 0) return late(said, ended!);
  // Its registration may come yet, late: it must not revive what ended.
  if (said.incarnation !== 0) tombstones.put(key, said, nowMs);
  const message = `${said.service}/${said.id} is not registered: nothing is to be taken away`;
  return { kind: "refused", result: "unknown", message };
}
