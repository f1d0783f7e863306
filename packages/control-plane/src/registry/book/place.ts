import type { InstanceKey } from "../instance.ts";
import type { Verdict } from "./book.ts";
import type { Entry } from "./entry.ts";
import type { Position } from "./position.ts";

/** The position of a message about what is known; what it leaves open is what follows on that. */
export function placeBehind(said: InstanceKey, entry: Entry, last: Position): Position {
  const incarnation = said.incarnation || last.incarnation;
  if (said.sequence !== 0) return { incarnation, sequence: said.sequence };
  const known = incarnation === last.incarnation ? last.sequence : 0;
  const heard = incarnation === entry.heardIncarnation ? entry.heardSequence : 0;
  return { incarnation, sequence: Math.max(known, heard) + 1 };
}

/** The position of a message about what is not known (any more). */
export function placeAfter(said: InstanceKey, ended: Position | undefined, wallMs: number): Position {
  const incarnation = said.incarnation || Math.max(wallMs, (ended?.incarnation ?? 0) + 1);
  const first = ended?.incarnation === incarnation ? ended.sequence + 1 : 1;
  return { incarnation, sequence: said.sequence || first };
}

/** The message has a place before the last one. */
export function late({ service, id }: InstanceKey, last: Position): Verdict {
  const message =
    `${service}/${id}: this message is not newer than what is known, incarnation ${last.incarnation}, sequence ${last.sequence}: ` +
    "send a larger sequence, or after a restart a larger incarnation";
  return { kind: "refused", result: "late", message };
}

/** The life and the number of the newest message that was heard. */
export function hear(entry: Entry, { incarnation, sequence }: Position): void {
  const isSameLife = entry.heardIncarnation === incarnation;
  entry.heardIncarnation = incarnation;
  entry.heardSequence = isSameLife ? Math.max(entry.heardSequence, sequence) : sequence;
}

/** What a message said that was not kept in the end does not count. */
export function unhear(entry: Entry): void {
  if (entry.wish?.kind === "put") return;
  if (entry.heardIncarnation !== entry.incarnation) {
    entry.heardIncarnation = entry.incarnation;
    entry.heardSequence = entry.sequence;
  }
  if (entry.stored) entry.ttlMs = entry.stored.ttlMs;
}
