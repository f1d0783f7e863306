import type { Answer, Outcome, Write } from "./book.ts";
import { adoptionChange, instanceChange } from "./changes.ts";
import type { Entry, Wish } from "./entry.ts";
import type { Learning } from "./learn.ts";
import type { Messages } from "./messages.ts";
import type { Owners } from "./owners.ts";
import { unhear } from "./place.ts";
import type { Shelf } from "./shelf.ts";
import type { Silence } from "./silence.ts";
import type { Tombstones } from "./tombstones.ts";
import { decided, type Wishes } from "./wishes.ts";

/** Hands out what is to be written, and takes up what became of it. */
export interface Writing {
  /** See `Book.takeWrites`. */
  take(max: number): readonly Write[];
  /** See `Book.settle`. */
  settle(writes: readonly Write[], outcome: Outcome, nowMs: number, wallMs: number): readonly Answer[];
}

/** What hands out writes takes part in. */
export interface WritingParts {
  readonly shelf: Shelf;
  readonly tombstones: Tombstones;
  readonly owners: Owners;
  readonly silence: Silence;
  readonly wishes: Wishes;
  readonly learning: Learning;
  readonly messages: Messages;
}

/** Nothing is under way yet. */
export function createWriting({
  shelf,
  tombstones,
  owners,
  silence,
  wishes,
  learning,
  messages,
}: WritingParts): Writing {
  const writeOf = (entry: Entry): Write => {
    const change = instanceChange(entry, entry.flight!, owners, learning.unreadableRevision);
    return { of: { kind: "instance", entry }, change };
  };

  /** Takes over what is asked of a message that the store could not take as it was decided. */
  const decideAnew = (entry: Entry, wished: Wish, nowMs: number, wallMs: number): readonly Answer[] => {
    if (wished.kind === "mark" || (wished.kind === "remove" && wished.why === "expired")) return [];
    const { waiting } = wished;
    const isGone = wished.kind === "remove" && !entry.stored && !decided(entry);
    if (isGone) return waiting.map((asker) => ({ asker, result: { kind: "made" } }));
    const verdict =
      wished.kind === "put"
        ? messages.register(wished.said, waiting, nowMs, wallMs)
        : messages.deregister(wished.said, waiting, nowMs);
    if (verdict.kind === "waiting") return [];
    const result = verdict.kind === "done" ? ({ kind: "made" } as const) : verdict;
    return waiting.map((asker) => ({ asker, result }));
  };

  const settleOne = (entry: Entry, key: string, outcome: Outcome, nowMs: number, wallMs: number): readonly Answer[] => {
    const wished = entry.flight!;
    entry.flight = undefined;
    const isPassedOver = outcome.kind === "made" && outcome.passedOver.has(key);
    if (isPassedOver || outcome.kind === "failed") unhear(entry);
    else if (wished.kind === "remove") tombstones.put(key, wished, nowMs); // also of what was never written
    const answers = isPassedOver
      ? decideAnew(entry, wished, nowMs, wallMs)
      : wished.waiting.map((asker) => ({ asker, result: { kind: outcome.kind } }));
    if (entry.stored && owners.isOwn(entry)) silence.watch(entry);
    shelf.forgetIfEmpty(entry);
    return answers;
  };

  return {
    take(max) {
      const adoptions = owners.orphans.take().map((replica): Write => {
        return { of: { kind: "adoption", replica }, change: adoptionChange(replica, owners) };
      });
      const departed = wishes.depart(max - adoptions.length, shelf.forgetIfEmpty);
      return [...adoptions, ...departed.map(writeOf)];
    },
    settle(writes, outcome, nowMs, wallMs) {
      if (outcome.kind === "failed") silence.forgive(nowMs); // nobody expires for the time in which nothing could be written
      const answers: Answer[] = [];
      for (const { of, change } of writes) {
        if (of.kind === "adoption") owners.orphans.settle(of.replica);
        else answers.push(...settleOne(of.entry, change.key, outcome, nowMs, wallMs));
      }
      return answers;
    },
  };
}
