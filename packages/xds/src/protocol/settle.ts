import { TYPE_URLS } from "@fairlead/envoy-api";
import { collectionOf } from "../cache/name-index.ts";
import type { Cause } from "../channels.ts";
import { NO_ENTRIES } from "../rare-map.ts";
import { isBisected, startTrial } from "./bisect.ts";
import { type Client, type Effect, isStaged } from "./client-state.ts";
import { confirmReturned, startWave } from "./confirm.ts";
import { startBeats, takesTtl } from "./heartbeat.ts";
import { coverageOf, followSent, oweHostsOf } from "./hosts.ts";
import { oweCollections } from "./locality-endpoints.ts";
import { ordinalOf } from "./overlay.ts";
import { type Lack, MAX_RESPONSE_BYTES, type Plan, planErrors, planResponse } from "./plan.ts";
import { oweNewSources } from "./sources.ts";
import { spell } from "./spelling.ts";
import { keepsUnknown, owe, type Polls, type Resumption, type Sent, type Subscription } from "./subscription.ts";
import { takeTold, untoldErrors } from "./tell-errors.ts";
import { stateVersion } from "./version.ts";
import { differences, type View } from "./view.ts";
import { awaitsAnswer, awaitsClusters, awaitsRoutes } from "./waits.ts";

/** Sends what a subscription lacks, if it lacks anything and may be sent something. */
export function settle(client: Client, sub: Subscription, view: View, nowMs: number, effects: Effect[]): void {
  sub.target = view;
  sub.isDirty = true;
  const stream = client.streams.get(sub.streamId)!;
  if (stream.isCongested || awaitsAnswer(client, sub, view, nowMs)) return;
  if (sub.mode === "sotw" && !client.context.isKnownType(sub.typeUrl)) return;
  if (sub.polls && sendAgain(sub, sub.polls, view, effects)) return;
  let content = lacksNothing(sub, view) ? undefined : planResponse(view, lackOf(client, sub));
  if (!content && sub.suspects.length > 0 && startTrial(sub, effects))
    content = planResponse(view, lackOf(client, sub));
  const plan = withErrors(client, sub, view, content);
  if (!plan) {
    settleWithout(client, sub, view);
    return;
  }
  if (awaitsClusters(client, sub, plan, nowMs) || awaitsRoutes(client, sub, nowMs)) return;
  sub.isDirty = false;
  const held = sub.held;
  const spelled = spell(plan, sub.spellings);
  const sent: Sent = {
    nonce: sub.polls ? nextPollNonce(sub.polls) : client.context.nonceFor(spelled, sub.lastNonce),
    plan,
    spelled,
    cause: content ? causeOf(sub, plan) : "error",
    view,
    ordinal: ordinalOf(client, sub),
    sentAtMs: nowMs,
    afterClusters: client.clustersSent,
  };
  const { returnedWith } = sub;
  if (sub.typeUrl === TYPE_URLS.endpoints) oweCollections(client, sub, plan);
  takeSending(sub, sent);
  if (plan.withTtl) startBeats(client, sub, new Set(plan.resources.flatMap(({ ttlMs }) => ttlMs ?? [])), nowMs);
  if (isStaged(client)) {
    if (sub.typeUrl === TYPE_URLS.cluster) startWave(client, sub, sent, held, nowMs);
    if (sub.typeUrl === TYPE_URLS.listener) drainReplaced(client, sub, sent, held, returnedWith, nowMs);
  }
  if (plan.isOverBudget && !sub.isLargeTold && !sub.polls) {
    sub.isLargeTold = true;
    const message = `a response is over ${MAX_RESPONSE_BYTES} bytes and may not be split: clients may refuse it`;
    effects.push({ kind: "warning", typeUrl: sub.typeUrl, message });
  }
  followSent(client, sub, plan);
  if (sub.typeUrl === TYPE_URLS.routes) oweHostsOf(client, plan);
  if (sub.typeUrl === TYPE_URLS.listener && held) oweNewSources(client, sub, sent, held);
  effects.push({ kind: "send", streamId: sub.streamId, sent });
}

/** As a rule, after an ACK: then nothing has to be planned to see that. */
function lacksNothing({ held, owesAll, owed, rejected }: Subscription, view: View): boolean {
  return held === view && owesAll === undefined && owed.size + rejected.size === 0;
}

/** What is rejected must not come again with an error, where a response is the whole state. */
function withErrors(client: Client, sub: Subscription, view: View, content: Plan | undefined): Plan | undefined {
  const errors = untoldErrors(sub, view);
  if (errors.length === 0) return content;
  if (!content && sub.rejected.size > 0 && sub.mode === "sotw" && sub.traits.isFullState) return undefined;
  return planErrors(view, lackOf(client, sub), content, errors);
}

/** A poll that says the same as the one before may not have been answered in fact: as long as nothing changed, by the same. */
function sendAgain(sub: Subscription, polls: Polls, view: View, effects: Effect[]): boolean {
  const newest = sub.inFlight.at(-1);
  if (!polls.isAskedAgain || !newest) return false;
  polls.isAskedAgain = false;
  if (newest.plan.version !== stateVersion(view, sub.interest)) {
    sub.owesAll ??= newest.cause;
    return false;
  }
  sub.isDirty = sub.held !== view;
  sub.owesAll = undefined;
  effects.push({ kind: "send", streamId: sub.streamId, sent: newest });
  return true;
}

/** Responses to polls carry no nonce; among themselves they are told apart by one. */
function nextPollNonce(polls: Polls): string {
  polls.count += 1;
  return `poll${polls.count}`;
}

/** Nothing differs for this subscription: that answers for the head as an ACK would. */
function settleWithout(client: Client, sub: Subscription, view: View): void {
  sub.isDirty = false;
  sub.held = view;
  sub.owed = NO_ENTRIES;
  sub.owesAll = undefined;
  if (sub.returnedWith && sub.typeUrl === TYPE_URLS.endpoints)
    confirmReturned(client, sub, [...sub.interest.names.names], client.clustersSent);
  sub.returnedWith = undefined;
  if (sub.inFlight.length === 0) {
    // What it ACKed is the same in the newer view, and the older one need not be kept for it.
    if (sub.acked && sub.rejected.size === 0) sub.acked = view;
    sub.answered = ordinalOf(client, sub);
    if (sub.typeUrl !== TYPE_URLS.endpoints) client.needs.satisfyAll(sub.typeUrl, sub.interest, sub.answered);
  }
  const newest = sub.waves.at(-1);
  if (newest && client.head) newest.head = client.head;
}

function takeSending(sub: Subscription, sent: Sent): void {
  const { plan, cause, view, nonce } = sent;
  sub.held = view;
  sub.owed = NO_ENTRIES;
  sub.owesAll = undefined;
  sub.returnedWith = undefined;
  for (const name of plan.rest) owe(sub, name, cause);
  sub.inFlight = sub.inFlight.length === 0 ? [sent] : [...sub.inFlight, sent];
  sub.lastNonce = nonce;
  sub.sentVersion = plan.version;
  takeTold(sub, plan);
  if (plan.rest.length > 0) sub.isDirty = true;
}

/** The old listener's connections go on with all that it names (O1.3): anything, where the client brought it along. */
function drainReplaced(
  client: Client,
  sub: Subscription,
  sent: Sent,
  held: View | undefined,
  returnedWith: Resumption | undefined,
  nowMs: number,
): void {
  const untilMs = nowMs + client.context.options.listenerDrainMs;
  const isUnknown = returnedWith?.mode === "sotw" && returnedWith.version !== sent.plan.version;
  if (isUnknown || keepsUnknown(sub)) client.drains.addUnknown(untilMs);
  if (!held) return;
  for (const { before } of differences(held, sent.view, sub.interest)) if (before) client.drains.add(before, untilMs);
  // What it rejected before it may take now, and only now what it held begins to drain.
  for (const { mayHold } of sub.rejected.values()) for (const old of mayHold) client.drains.add(old, untilMs);
}

function causeOf(sub: Subscription, plan: Plan): Cause {
  if (sub.owesAll) return sub.owesAll;
  // The usual case, before anything is made of names: a response may have many thousands.
  if (sub.owed.size === 0) return sub.returnedWith ? "fresh" : "changed";
  // A name that is owed and does not exist is no cause of a response about others, but for one that tells of all (W2).
  const told = new Set([...plan.resources.map(({ name }) => name), ...plan.removed, ...plan.aliases]);
  const isWarming = told.size > 0 && told.values().every((name) => sub.owed.get(name) === "warming");
  if (sub.returnedWith && !isWarming) return "fresh";
  const isWhole = sub.mode === "sotw" && sub.traits.isFullState;
  const causes = new Set<Cause>();
  const collections = new Set([...told].map((name) => collectionOf(sub.typeUrl, name)));
  for (const [name, cause] of sub.owed) {
    if (isWhole || told.has(name) || collections.has(name)) causes.add(cause);
  }
  return CAUSES.find((cause) => causes.has(cause)) ?? "changed";
}

/** Of several causes, the client's own request is told first. */
const CAUSES: readonly Cause[] = [
  "subscribed",
  "resubscribed",
  "unsubscribed",
  "fresh",
  "warming",
  "hosts",
  "ttl",
  "bisect",
];

const NO_REJECTIONS: ReadonlySet<string> = new Set();

/** What is sent with the first of its response that changes: not what is known to be bad by itself (C5). */
function inQuestion(sub: Subscription): ReadonlySet<string> {
  const names = [...sub.rejected].filter(([, { nack }]) => !nack || !isBisected(sub));
  return new Set(names.map(([name]) => name));
}

function lackOf(client: Client, sub: Subscription): Lack {
  const { mode, held, owed, owesAll, rejected } = sub;
  const interest = coverageOf(client, sub);
  const isWhole = mode === "sotw" && (sub.traits.isFullState || sub.polls !== undefined);
  const rejectedNames = rejected.size === 0 ? NO_REJECTIONS : inQuestion(sub);
  const options = { owesAll: owesAll !== undefined, isWhole, rejected: rejectedNames, takesTtl: takesTtl(client, sub) };
  return { mode, interest, held, owed, ...options };
}
