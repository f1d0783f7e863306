import { withEntry } from "../rare-map.ts";
import type { Effect } from "./client-state.ts";
import { includes } from "./interest.ts";
import { mentionedIn } from "./mentioned.ts";
import type { Nack, Sent, Subscription, Suspects } from "./subscription.ts";
import { owe } from "./subscription.ts";

/**
 * Most responses that look for what is wrong in rejected content, until other content is rejected. One bad resource among
 * n takes log2 n rejections at most, and one if the client names it; what is not told apart by then stays rejected as a
 * whole.
 */
export const MAX_TRIALS = 100;

/**
 * Whether a rejection is followed up by parts of the response (C5). In SotW not: where absence deletes, a part would
 * delete the rest, and where it does not, the client's version would claim what it has not taken.
 */
export function isBisected({ mode }: Subscription): boolean {
  return mode === "delta";
}

/** The client rejected a response: what in it is to blame, as far as that is clear, and what is to be tried next. */
export function suspect(sub: Subscription, { plan, cause }: Sent, nack: Nack): Effect[] {
  const told = new Set([...plan.removed, ...plan.resources.map(({ name }) => name)]);
  // Its names may have been in question before: this is the newer verdict.
  sub.suspects = sub.suspects.map((suspects) => without(suspects, told)).filter(({ names }) => names.length > 0);
  const names = [...told].filter((name) => sub.rejected.has(name));
  if (names.length === 0) return [];
  if (!isBisected(sub)) return blame(sub, names.length === 1 ? names : mentionedIn(nack.message, names), nack);
  if (cause !== "bisect") sub.trialsLeft = MAX_TRIALS;
  return divide(sub, names, nack);
}

/** Owes the next part of rejected content, if there is one to be tried; whether it does. */
export function startTrial(sub: Subscription, effects: Effect[]): boolean {
  if (sub.inFlight.length > 0) return false;
  for (let next = takeLast(sub); next; next = takeLast(sub)) {
    const { names: all, twin, nack } = next;
    const names = all.filter((name) => sub.rejected.has(name) && includes(sub.interest, name));
    const isGuilty = twin?.every((name) => !sub.rejected.has(name)) === true && names.length === all.length;
    if (names.length === 0) continue;
    if (isGuilty) {
      effects.push(...divide(sub, names, nack));
      continue;
    }
    if (sub.trialsLeft === 0) break;
    sub.trialsLeft -= 1;
    for (const name of names) owe(sub, name, "bisect");
    return true;
  }
  sub.suspects = [];
  return false;
}

function takeLast(sub: Subscription): Suspects | undefined {
  const last = sub.suspects.at(-1);
  sub.suspects = sub.suspects.slice(0, -1);
  return last;
}

/** A name is not wanted any more: that it is rejected no more says nothing of the others. */
export function forgetTwins(sub: Subscription): void {
  sub.suspects = sub.suspects.map((suspects) => ({ ...suspects, twin: undefined }));
}

/**
 * Divides what is known to be bad as a whole: into what the client names and what it does not, else into halves. The
 * first part is tried; if it is taken, the other is known to be bad without a trial.
 */
function divide(sub: Subscription, names: readonly string[], nack: Nack): Effect[] {
  if (names.length === 1) return blame(sub, names, nack);
  const mentioned = new Set(mentionedIn(nack.message, names));
  const middle = Math.ceil(names.length / 2);
  const isTelling = mentioned.size > 0 && mentioned.size < names.length;
  const first = isTelling ? names.filter((name) => !mentioned.has(name)) : names.slice(0, middle);
  const second = isTelling ? [...mentioned] : names.slice(middle);
  sub.suspects = [...sub.suspects, { names: second, twin: first, nack }, { names: first, twin: undefined, nack }];
  return [];
}

function blame(sub: Subscription, names: readonly string[], nack: Nack): Effect[] {
  return names.map((name) => {
    sub.rejected = withEntry(sub.rejected, name, { ...sub.rejected.get(name)!, nack });
    return { kind: "isolated", streamId: sub.streamId, typeUrl: sub.typeUrl, name, message: nack.message };
  });
}

function without({ names, twin, nack }: Suspects, told: ReadonlySet<string>): Suspects {
  const isTouched = twin?.some((name) => told.has(name)) === true;
  return { names: names.filter((name) => !told.has(name)), twin: isTouched ? undefined : twin, nack };
}
