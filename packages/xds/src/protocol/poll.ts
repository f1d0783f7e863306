import { TYPE_URLS } from "@fairlead/envoy-api";
import { withEntry } from "../rare-map.ts";
import { answer } from "./answer.ts";
import { suspect } from "./bisect.ts";
import { subscriptionOn } from "./client.ts";
import { type Client, type Effect, joined } from "./client-state.ts";
import { rejectClusters } from "./confirm.ts";
import { targetOf } from "./overlay.ts";
import { type Plan, planWhole } from "./plan.ts";
import { subscribeSotw } from "./request.ts";
import { type ErrorDetail, type Polls, type Sent, type Subscription, takeAnswer } from "./subscription.ts";
import { turn } from "./turn.ts";

/** A poll, of REST or by a unary `Fetch`: a request that is answered once, at once, and remembered until the next. */
export interface Poll {
  readonly typeUrl: string;
  /** The version of what the client took last from this subscription; empty: it took nothing yet. */
  readonly versionInfo: string;
  /** Always the same on one stream: polls for other names are another stream's. */
  readonly resourceNames: readonly string[];
  /** Envoy never sends one. */
  readonly errorDetail?: ErrorDetail | undefined;
}

/** How often a client may say the same old version after it was sent a newer one; then that is presumed rejected. */
const MAX_REPEATS = 2;
/** Most responses to polls of one subscription whose fate is not known. */
const MAX_UNKNOWN_FATES = 8;
/** `google.rpc.Code.UNKNOWN`: REST gives no reason. */
const UNKNOWN = 2;

/**
 * Answers a poll: the effects have at most one `send` for its stream, and without one nothing changed for it.
 *
 * Its `version_info` is what there is of an ACK. Where it is still the old one, the answer was lost or rejected, which
 * can't be told apart: so it is sent once again, and presumed rejected when that old version comes yet again. A version
 * that is heard after all shows that the presumption was wrong: several that poll alike look like one here.
 *
 * @see protocol.md, O1 "REST"
 */
export function takePoll(client: Client, streamId: number, poll: Poll, nowMs: number): readonly Effect[] {
  const sub = subscriptionOn(client, streamId, poll.typeUrl, nowMs);
  const polls = sub.polls!;
  notePoll(client, streamId, sub.isOpened, nowMs);
  sub.isDirty = true;
  const heard = sub.isOpened ? hear(client, sub, polls, poll, nowMs) : [];
  if (!sub.isOpened) subscribeSotw(sub, { ...poll, nonce: "" });
  const stream = client.streams.get(streamId)!;
  const before = sub.inFlight.at(-1);
  stream.isCongested = false;
  const effects = joined(heard, turn(client, nowMs));
  stream.isCongested = true;
  polls.isAskedAgain = false;
  if (sub.inFlight.at(-1) !== before) Object.assign(polls, { asked: poll.versionInfo, repeats: 0 });
  return effects;
}

/** All that a client has of what it polls for, of whose last poll nothing changed. */
export function wholeAnswer(client: Client, streamId: number): Plan {
  const [sub] = client.streams.get(streamId)!.subscriptions.values();
  const { interest, typeUrl, rejected, acked, held } = sub!;
  const view = (rejected.size > 0 && acked) || held || targetOf(client, typeUrl);
  return planWhole(view, interest);
}

/** The answer to a poll is known not to have arrived: it is as if it had not been given. */
export function losePollAnswer(client: Client, streamId: number): void {
  const [sub] = client.streams.get(streamId)?.subscriptions.values() ?? [];
  // Counted from below nothing, so that the next poll is none of those that say the same once more.
  if (sub?.polls && sub.inFlight.length > 0) sub.polls.repeats = Math.min(sub.polls.repeats, 0) - 1;
}

/** What the version of a poll says of the answers to those before it. */
function hear(client: Client, sub: Subscription, polls: Polls, poll: Poll, nowMs: number): readonly Effect[] {
  const { typeUrl, versionInfo, errorDetail } = poll;
  const take = (nonce: string) => answer(client, sub, { typeUrl, versionInfo, nonce, resourceNames: "same" }, nowMs);
  const taken = sub.inFlight.findLast(({ plan }) => plan.version === versionInfo);
  if (taken && mayBeAnothers(client, sub, taken, nowMs)) return [];
  if (taken) return take(taken.nonce);
  const { presumed } = polls;
  if (presumed?.plan.version === versionInfo) {
    polls.presumed = undefined;
    sub.inFlight = [presumed, ...sub.inFlight];
    return take(presumed.nonce);
  }
  const newest = sub.inFlight.at(-1);
  if (!newest) {
    // A client that took nothing yet is a new one, though another polled for the same before; one that says a version
    // which nobody sent it since is one that comes back.
    if (versionInfo === "") sub.owesAll = sub.sentVersion === "" ? "subscribed" : "resubscribed";
    else if (versionInfo !== sub.ackedVersion) sub.owesAll = "fresh";
    return [];
  }
  if (versionInfo === polls.asked) polls.repeats += 1;
  polls.isAskedAgain = true;
  const isRejected = errorDetail !== undefined || polls.repeats >= MAX_REPEATS;
  if (isRejected) return presumeRejected(client, sub, polls, newest.nonce, poll, nowMs);
  if (sub.inFlight.length < MAX_UNKNOWN_FATES) return [];
  return presumeRejected(client, sub, polls, sub.inFlight.at(-2)!.nonce, poll, nowMs);
}

/**
 * Whether a version confirms nothing yet: one that polls anew (a changed cluster, for endpoints that did not change) was
 * answered with what another has polled for all along, who says that version without having taken the answer.
 */
function mayBeAnothers(
  { context }: Client,
  sub: Subscription,
  { plan, cause, sentAtMs }: Sent,
  nowMs: number,
): boolean {
  if (plan.version !== sub.ackedVersion || cause !== "resubscribed") return false;
  return nowMs - sentAtMs < context.options.warmGraceMs;
}

function presumeRejected(
  client: Client,
  sub: Subscription,
  polls: Polls,
  nonce: string,
  { versionInfo, errorDetail }: Poll,
  nowMs: number,
): Effect[] {
  const error = errorDetail ?? { code: UNKNOWN, message: presumption(versionInfo) };
  const settled = takeAnswer(sub, nonce, error, nowMs);
  if (settled.kind !== "nacked") return [];
  const { sent } = settled;
  const isKnown = polls.presumed?.plan.version === sent.plan.version;
  polls.presumed = sent;
  // A NACK is an answer: what was dropped waits for it no more.
  sub.answered = Math.max(sub.answered, sent.ordinal);
  // Who took nothing yet has to be answered, even by what it is presumed to reject: it may be another client.
  if (versionInfo === "" && sub.inFlight.length === 0) sub.owesAll = "resubscribed";
  const { streamId, typeUrl } = sub;
  const isolated = errorDetail ? suspect(sub, sent, sub.nack!) : [];
  // No reason is known, so no cluster is named: all that the response brought count as rejected.
  if (typeUrl === TYPE_URLS.cluster) rejectClusters(client, sub, sent, errorDetail?.message ?? "", nowMs);
  if (isKnown) return [];
  return [{ kind: "nacked", streamId, typeUrl, sent, code: error.code, message: error.message }, ...isolated];
}

function presumption(versionInfo: string): string {
  const still = versionInfo === "" ? "without a version" : `with version_info ${versionInfo}`;
  return `presumed rejected: the client goes on to poll ${still}; REST tells no reason, see the proxy's log`;
}

function notePoll(client: Client, streamId: number, isKnown: boolean, nowMs: number): void {
  const stream = client.streams.get(streamId)!;
  const gapMs = Math.min(nowMs - stream.polledAtMs!, client.context.options.unpacedPollMs);
  // Whole, or sums and differences of times would not agree.
  if (isKnown) client.pollGapMs += client.pollGapMs === 0 ? gapMs : Math.trunc((gapMs - client.pollGapMs) / 4);
  stream.polledAtMs = nowMs;
  client.polled.delete(streamId);
  client.polled = withEntry(client.polled, streamId, stream); // so that insertion order is the order of the last polls
}
