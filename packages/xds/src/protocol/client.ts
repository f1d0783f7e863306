import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import type { Cause } from "../channels.ts";
import { bodiless, isBodiless } from "./bodiless.ts";
import { type Client, type ClientStream, type Effect, isStaged, subscriptionsOf, wakeAt } from "./client-state.ts";
import {
  confirmClusters,
  confirmEndpoints,
  endpointsNames,
  expireBlocks,
  isConfirmed,
  passWaves,
  rejectClusters,
  startWave,
} from "./confirm.ts";
import { coverageOf, oweHostsOf, oweNewHosts } from "./hosts.ts";
import { includes } from "./interest.ts";
import {
  holdBack,
  holdBackAggregates,
  refreshOverlay,
  refreshSwitchOverlays,
  releaseAggregates,
  switchViews,
  targetOf,
} from "./overlay.ts";
import { type Lack, MAX_RESPONSE_BYTES, type Mode, type Plan, planResponse } from "./plan.ts";
import { type DeltaRequest, resumeDelta, type SotwRequest, subscribeDelta, subscribeSotw } from "./request.ts";
import { releaseRetained, retainDropped, retainForReturning } from "./retain.ts";
import {
  type Head,
  openSubscription,
  type Resumption,
  type Sent,
  type Subscription,
  takeAnswer,
} from "./subscription.ts";
import { type Tier, traitsOf } from "./type-traits.ts";
import { stateVersion } from "./version.ts";
import { differences, resourceIn, resourcesIn, typeOf, type View } from "./view.ts";

/**
 * The machine of one client. Deterministic and without I/O: events and the time come in, effects go out, and equal
 * events give equal effects. `take…` functions apply an event; {@link turn} then decides what is to be sent. Several
 * events may come before one turn: that is how changes conflate.
 */

/** A stream of this client opened. */
export function openStream(
  client: Client,
  stream: { readonly id: number; readonly mode: Mode; readonly isAggregated: boolean },
): void {
  client.streams.set(stream.id, { ...stream, subscriptions: new Map(), isCongested: false });
}

/** A stream of this client is gone, and its subscriptions with it. */
export function closeStream(client: Client, streamId: number): void {
  const stream = client.streams.get(streamId);
  if (!stream) return;
  client.streams.delete(streamId);
  for (const sub of stream.subscriptions.values()) {
    subscriptionsOfType(client, sub.typeUrl).delete(sub);
  }
  client.types = client.types.filter(({ subscriptions }) => subscriptions.size > 0);
  for (const { typeUrl, traits } of stream.subscriptions.values()) {
    // Streams of the other types come and go with what is asked for.
    if (traits.isFullState && !hasType(client, typeUrl)) client.awaited.set(typeUrl, 0);
  }
  if (hasType(client, TYPE_URLS.cluster)) return;
  client.retained.delete(TYPE_URLS.cluster);
  refreshOverlay(client, TYPE_URLS.cluster);
}

/** A new snapshot for this client, by a commit or because its group changed. */
export function takeSnapshot(client: Client, snapshot: Snapshot, nowMs: number): Effect[] {
  const before = client.head;
  if (before?.snapshot === snapshot) return [];
  const head: Head = { snapshot, ordinal: (before?.ordinal ?? 0) + 1 };
  client.head = head;
  client.switched ??= head;
  if (!before || !isStaged(client)) return [];
  const effects = retainDropped(client, before, head, "make", nowMs);
  holdBackAggregates(client, before, head);
  return effects;
}

/** A request of a State-of-the-World stream. */
export function takeSotwRequest(client: Client, streamId: number, request: SotwRequest, nowMs: number): Effect[] {
  const sub = subscriptionOn(client, streamId, request.typeUrl, nowMs);
  const effects = answer(client, sub, request, nowMs);
  subscribeSotw(sub, request);
  return effects;
}

/** A request of a delta stream. */
export function takeDeltaRequest(client: Client, streamId: number, request: DeltaRequest, nowMs: number): Effect[] {
  const sub = subscriptionOn(client, streamId, request.typeUrl, nowMs);
  const effects = answer(client, sub, request, nowMs);
  subscribeDelta(sub, request);
  return effects;
}

/** A stream's reader fell behind, or caught up. While it is behind, its changes conflate and nothing is queued. */
export function setCongested(client: Client, streamId: number, isCongested: boolean): void {
  const stream = client.streams.get(streamId);
  if (stream) stream.isCongested = isCongested;
}

/**
 * Decides what is to be sent now, given all that was taken before, and when time alone will change that
 * (`client.wakeAtMs`). What is referred to goes before what refers to it.
 */
export function turn(client: Client, nowMs: number): Effect[] {
  client.wakeAtMs = undefined;
  if (!client.head) return [];
  const effects: Effect[] = [];
  expire(client, nowMs);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = progressOf(client, effects);
    settleTier(client, "make", nowMs, effects);
    advanceSwitch(client, nowMs, effects);
    settleTier(client, "switch", nowMs, effects);
    // What is released may release more: endpoints go when their cluster has gone.
    const isReleased = releaseAggregates(client, (name) => isConfirmed(client, name)) || releaseRetained(client, nowMs);
    if (!isReleased && progressOf(client, effects) === before) break;
  }
  return effects;
}

/** Far more than the types that wait for one another. */
const MAX_ROUNDS = 100;

/** What has to stay the same for a turn to be over: else a type may go on that waited for one after it. */
function progressOf({ types, switched, needs, blocked, heldBack }: Client, effects: readonly Effect[]): string {
  let waiting = 0;
  for (const { subscriptions } of types) for (const { isDirty } of subscriptions) if (isDirty) waiting += 1;
  return `${effects.length} ${waiting} ${switched?.ordinal} ${needs.size} ${blocked.size} ${heldBack.size}`;
}

function expire(client: Client, nowMs: number): void {
  const { silenceDeadlineMs } = client.context.options;
  client.needs.expire(nowMs - silenceDeadlineMs);
  const oldest = client.needs.oldestSinceMs;
  if (oldest !== undefined) wakeAt(client, oldest + silenceDeadlineMs);
  for (const [typeUrl, knownUntilMs] of client.awaited) {
    const untilMs = knownUntilMs || nowMs + silenceDeadlineMs;
    client.awaited.set(typeUrl, untilMs);
    if (hasType(client, typeUrl) || untilMs <= nowMs) client.awaited.delete(typeUrl);
    else wakeAt(client, untilMs);
  }
  if (client.blocked.size > 0) expireBlocks(client, nowMs);
}

/** Settles every subscription of a tier's types that has something new to look at. */
function settleTier(client: Client, tier: Tier, nowMs: number, effects: Effect[]): void {
  for (const { typeUrl, subscriptions } of client.types) {
    if (traitsOf(typeUrl).tier !== tier) continue;
    for (const sub of subscriptions) {
      if (sub.resumes) resume(client, sub, sub.resumes, nowMs);
      if (typeUrl === TYPE_URLS.virtualHost) oweNewHosts(client, sub);
      if (sub.isDirty) {
        askEarly(client, sub);
        disownUnknown(client, sub);
      }
    }
    const view = targetOf(client, typeUrl);
    for (const sub of subscriptions) {
      if (sub.isDirty || sub.target !== view) settle(client, sub, view, nowMs, effects);
      else if (sub.inFlight.length === 0) sub.answered = ordinalOf(client, sub);
    }
  }
}

/** Sends what a subscription lacks, if it lacks anything and may be sent something. */
function settle(client: Client, sub: Subscription, view: View, nowMs: number, effects: Effect[]): void {
  sub.target = view;
  sub.isDirty = true;
  const stream = client.streams.get(sub.streamId)!;
  if (stream.isCongested || awaitsAnswer(client, sub, view, nowMs)) return;
  const plan = planResponse(view, lackOf(client, sub));
  if (!plan) {
    settleWithout(client, sub, view);
    return;
  }
  if (awaitsClusters(client, sub, plan, nowMs) || awaitsRoutes(client, sub, nowMs)) return;
  sub.isDirty = false;
  const held = sub.held;
  const sent: Sent = {
    nonce: client.context.nonceFor(plan, sub.lastNonce),
    plan,
    cause: causeOf(sub, plan),
    view,
    ordinal: ordinalOf(client, sub),
    sentAtMs: nowMs,
    afterClusters: client.clustersSent,
  };
  const { returnedWith } = sub;
  takeSending(sub, sent);
  if (isStaged(client)) {
    if (sub.typeUrl === TYPE_URLS.cluster) startWave(client, sub, sent, held, nowMs);
    if (sub.typeUrl === TYPE_URLS.listener) drainReplaced(client, sub, sent, held, returnedWith, nowMs);
  }
  if (plan.isOverBudget && !sub.isLargeTold) {
    sub.isLargeTold = true;
    const message = `a response is over ${MAX_RESPONSE_BYTES} bytes and may not be split: clients may refuse it`;
    effects.push({ kind: "warning", typeUrl: sub.typeUrl, message });
  }
  if (sub.typeUrl === TYPE_URLS.routes) oweHostsOf(client, plan);
  effects.push({ kind: "send", streamId: sub.streamId, sent });
}

/** Nothing differs for this subscription: that answers for the head as an ACK would. */
function settleWithout(client: Client, sub: Subscription, view: View): void {
  sub.isDirty = false;
  sub.held = view;
  sub.owed.clear();
  sub.owesAll = undefined;
  sub.returnedWith = undefined;
  if (sub.inFlight.length === 0) {
    sub.answered = ordinalOf(client, sub);
    if (sub.typeUrl !== TYPE_URLS.endpoints) client.needs.satisfyAll(sub.typeUrl, sub.interest, sub.answered);
  }
  const newest = sub.waves.at(-1);
  if (newest && client.head) newest.head = client.head;
}

function takeSending(sub: Subscription, sent: Sent): void {
  const { plan, cause, view, nonce } = sent;
  sub.held = view;
  sub.owed.clear();
  sub.owesAll = undefined;
  sub.returnedWith = undefined;
  for (const name of plan.rest) sub.owed.set(name, cause);
  sub.inFlight.push(sent);
  sub.lastNonce = nonce;
  sub.sentVersion = plan.version;
  if (plan.rest.length > 0) sub.isDirty = true;
}

/** One response is outstanding; a silent one stops blocking when there is newer content, then two at most (C3). */
function awaitsAnswer(client: Client, sub: Subscription, view: View, nowMs: number): boolean {
  const [oldest] = sub.inFlight;
  if (!oldest) return false;
  if (sub.inFlight.length > 1) return true;
  const patientUntilMs = oldest.sentAtMs + client.context.options.answerPatienceMs;
  if (patientUntilMs <= nowMs) return false;
  if (sub.held !== view || sub.owed.size > 0 || sub.owesAll) wakeAt(client, patientUntilMs);
  return true;
}

/**
 * A client that comes back has working routes: new ones wait until its clusters are confirmed. Its streams come back
 * one by one, each after a backoff of its own, so one without clusters waits a while for that with them.
 */
function awaitsClusters(client: Client, sub: Subscription, plan: Plan, nowMs: number): boolean {
  if (!isStaged(client) || sub.traits.tier !== "switch" || !sub.isFresh) return false;
  if (sub.isCurrent || sub.sentVersion !== "") return false;
  const untilMs = sub.openedAtMs + client.context.options.silenceDeadlineMs;
  if (untilMs <= nowMs) return false;
  let hasClusters = false;
  let isWaiting = false;
  for (const clusters of subscriptionsOf(client, TYPE_URLS.cluster)) {
    hasClusters = true;
    isWaiting ||= clusters.isDirty || clusters.waves.length > 0;
  }
  if (!hasClusters) isWaiting = !sub.isAggregated;
  else isWaiting ||= plan.resources.some((resource) => lacksEndpoints(client, resource));
  if (isWaiting) wakeAt(client, untilMs);
  return isWaiting;
}

/** Whether it names a cluster that came back without its endpoints, and so may never have warmed. */
function lacksEndpoints(client: Client, { facts }: Resource): boolean {
  const clusters = targetOf(client, TYPE_URLS.cluster);
  const subscriptions = [...subscriptionsOf(client, TYPE_URLS.cluster)];
  return facts.references.some(({ typeUrl, name }) => {
    if (typeUrl !== TYPE_URLS.cluster || !subscriptions.some((sub) => includes(sub.interest, name))) return false;
    const cluster = resourceIn(clusters, name);
    return (
      cluster !== undefined &&
      endpointsNames(cluster).some((endpoints) => !isHeld(client, TYPE_URLS.endpoints, endpoints))
    );
  });
}

/**
 * A listener that waits for its routes is not replaced: the one before it has stopped to accept, and the next would find
 * no socket to take over. Silence ends it, as it ends that for an ACK.
 */
function awaitsRoutes(client: Client, sub: Subscription, nowMs: number): boolean {
  if (sub.typeUrl !== TYPE_URLS.listener || sub.owed.size > 0 || sub.owesAll) return false;
  for (const { typeUrl, sinceMs } of client.needs.values()) {
    const untilMs = sinceMs + client.context.options.answerPatienceMs;
    if (typeUrl === TYPE_URLS.endpoints || untilMs <= nowMs) continue;
    wakeAt(client, untilMs);
    return true;
  }
  return false;
}

/** Moves listeners and routes to the newest head whose clusters are confirmed (O1.2). */
function advanceSwitch(client: Client, nowMs: number, effects: Effect[]): void {
  const from = client.switched!;
  let allowed = client.head!;
  if (isStaged(client)) {
    // What its routes may point to is confirmed over the stream that it opens instead of a broken one.
    if (client.awaited.has(TYPE_URLS.cluster)) allowed = from;
    for (const sub of subscriptionsOf(client, TYPE_URLS.cluster)) {
      const passed = passWaves(client, sub, nowMs);
      if (!passed) allowed = from;
      else if (passed.ordinal < allowed.ordinal) allowed = passed;
    }
  }
  if (allowed.ordinal <= from.ordinal && client.blocked.size === 0 && client.heldBack.size === 0) {
    if (client.early.size > 0) refreshSwitchOverlays(client);
    return;
  }
  const before = switchViews(client);
  if (allowed.ordinal > from.ordinal) {
    client.switched = allowed;
    if (isStaged(client)) effects.push(...retainDropped(client, from, allowed, "switch", nowMs));
    expireBlocks(client, nowMs);
  }
  holdBack(client, before);
  refreshSwitchOverlays(client);
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
  if (returnedWith?.mode === "sotw" && returnedWith.version !== sent.plan.version) client.drains.addUnknown(untilMs);
  if (!held) return;
  for (const { before } of differences(held, sent.view, sub.interest)) if (before) client.drains.add(before, untilMs);
}

/** The answering part of a request, and what it means for the client's stage. */
function answer(client: Client, sub: Subscription, request: SotwRequest | DeltaRequest, nowMs: number): Effect[] {
  sub.isDirty = true;
  if (!sub.isOpened) return [];
  const { errorDetail } = request;
  const { streamId, typeUrl } = sub;
  const settled = takeAnswer(sub, request.nonce, errorDetail, nowMs);
  if (settled.kind === "none") return [];
  if (settled.kind === "nacked") {
    const { sent } = settled;
    if (typeUrl === TYPE_URLS.cluster) rejectClusters(client, sub, sent, errorDetail!.message, nowMs);
    return [{ kind: "nacked", streamId, typeUrl, sent, code: errorDetail!.code, message: errorDetail!.message }];
  }
  for (const sent of settled.sent) confirm(client, sub, sent, nowMs);
  return settled.sent.map((sent) => ({ kind: "acked", streamId, typeUrl, sent }));
}

function confirm(client: Client, sub: Subscription, sent: Sent, nowMs: number): void {
  if (!isStaged(client)) return;
  if (sub.typeUrl === TYPE_URLS.cluster) confirmClusters(client, sub, sent, nowMs);
  else if (sub.typeUrl === TYPE_URLS.endpoints) confirmEndpoints(client, sub, sent);
  else confirmNames(client, sub, sent, nowMs);
}

function confirmNames(client: Client, sub: Subscription, sent: Sent, nowMs: number): void {
  for (const { name } of sent.plan.resources) client.needs.satisfy(sub.typeUrl, name, sent.ordinal);
  for (const name of sent.plan.removed) client.needs.satisfy(sub.typeUrl, name, sent.ordinal);
  if (sub.traits.tier === "switch") bindToAsk(client, sent.plan.resources, sent.ordinal, nowMs);
}

/** What an ACKed listener or route makes the client ask for: until it has that, the old one may still be at work. */
function bindToAsk(client: Client, resources: readonly Resource[], ordinal: number, nowMs: number): void {
  if (!isStaged(client)) return;
  for (const { facts } of resources) {
    for (const { typeUrl, name } of facts.references) {
      if (typeUrl === TYPE_URLS.cluster || typeUrl === TYPE_URLS.endpoints) continue;
      if (!isServed(client, typeUrl, name) || isHeld(client, typeUrl, name)) continue;
      client.needs.add(typeUrl, name, ordinal, nowMs);
    }
  }
}

/** Whether this client will be answered when it asks for that name. */
function isServed(client: Client, typeUrl: string, name: string): boolean {
  const newest = typeOf(client.head?.snapshot, typeUrl).resources;
  return newest.has(name) || resourceIn(targetOf(client, typeUrl), name) !== undefined;
}

function isHeld(client: Client, typeUrl: string, name: string): boolean {
  for (const sub of subscriptionsOf(client, typeUrl)) {
    const isSettled = sub.inFlight.length === 0 && !sub.owed.has(name) && !sub.owesAll;
    if (isSettled && includes(sub.interest, name)) return true;
  }
  return false;
}

/** Compares what a client that comes back says it has with what it is to have (C9, D1). */
function resume(client: Client, sub: Subscription, resumption: Resumption, nowMs: number): void {
  sub.resumes = undefined;
  sub.returnedWith = resumption;
  const { typeUrl } = sub;
  if (resumption.mode === "sotw") {
    const view = targetOf(client, typeUrl);
    // What a client has already can be answered, or passed over, without waiting for anything.
    sub.isCurrent = resumption.version === stateVersion(view, sub.interest);
    if (sub.isCurrent) recognize(client, resourcesIn(view, sub.interest), nowMs);
    if (sub.isCurrent && sub.traits.isFullState && sub.interest.kind === "wildcard") {
      sub.held = view;
      sub.owesAll = undefined;
    } else if (sub.traits.isRetained) {
      retainForReturning(client, sub, client.context.droppedLately(typeUrl), nowMs);
    }
    return;
  }
  if (sub.traits.isRetained) retainForReturning(client, sub, gone(client, typeUrl, resumption.versions), nowMs);
  const view = targetOf(client, typeUrl);
  resumeDelta(sub, resumption.versions, view);
  const known = resourcesIn(view, sub.interest).filter(
    ({ name, version }) => resumption.versions.get(name) === version,
  );
  recognize(client, known, nowMs);
}

/** A client that comes back has these already: clusters can be used, and what others refer to it asks for again. */
function recognize(client: Client, known: readonly Resource[], nowMs: number): void {
  for (const { typeUrl, name } of known) if (typeUrl === TYPE_URLS.cluster) client.blocked.delete(name);
  bindToAsk(client, known, client.head!.ordinal, nowMs);
}

/** What a delta client has and its group has not: with its content where that was dropped lately. */
function* gone(client: Client, typeUrl: string, versions: ReadonlyMap<string, string>): Iterable<Resource> {
  const lately = new Map([...client.context.droppedLately(typeUrl)].map((resource) => [resource.name, resource]));
  for (const [name, version] of versions) {
    const dropped = lately.get(name);
    yield dropped?.version === version ? dropped : bodiless(typeUrl, name, version);
  }
}

/** A name that exists only in a head not yet switched to is answered from that one, never as missing (O1). */
function askEarly(client: Client, sub: Subscription): void {
  if (sub.traits.tier !== "switch" || client.switched === client.head) return;
  const asked = sub.owesAll ? sub.interest.names.names : sub.owed.keys();
  const newest = typeOf(client.head?.snapshot, sub.typeUrl).resources;
  const view = targetOf(client, sub.typeUrl);
  const missing = [...asked].filter((name) => !resourceIn(view, name) && newest.has(name));
  if (missing.length === 0) return;
  client.early.set(sub.typeUrl, new Set([...(client.early.get(sub.typeUrl) ?? []), ...missing]));
  refreshOverlay(client, sub.typeUrl);
}

/** What is retained without its content can't be sent to who asks for it anew: it does not exist (D3). */
function disownUnknown(client: Client, sub: Subscription): void {
  const retained = client.retained.get(sub.typeUrl);
  if (!retained) return;
  const asked = sub.owesAll ? sub.interest.names.names : sub.owed.keys();
  const unknown = [...asked].filter((name) => {
    const known = retained.get(name);
    return known !== undefined && isBodiless(known.resource);
  });
  for (const name of unknown) retained.delete(name);
  if (unknown.length > 0) refreshOverlay(client, sub.typeUrl);
}

function causeOf(sub: Subscription, plan: Plan): Cause {
  if (sub.owesAll) return sub.owesAll;
  if (sub.returnedWith) return "fresh";
  if (sub.owed.size === 0) return "changed";
  // A name that is owed and does not exist is no cause of a response about others, but for one that tells of all (W2).
  const told = new Set([...plan.resources.map(({ name }) => name), ...plan.removed]);
  const isWhole = sub.mode === "sotw" && sub.traits.isFullState;
  const causes = new Set<Cause>();
  for (const [name, cause] of sub.owed) if (isWhole || told.has(name)) causes.add(cause);
  return CAUSES.find((cause) => causes.has(cause)) ?? "changed";
}

/** Of several causes, the client's own request is told first. */
const CAUSES: readonly Cause[] = ["subscribed", "resubscribed", "unsubscribed", "fresh", "warming", "hosts"];

const NO_REJECTIONS: ReadonlySet<string> = new Set();

function lackOf(client: Client, sub: Subscription): Lack {
  const { mode, held, owed, owesAll, rejected } = sub;
  const interest = coverageOf(client, sub);
  const rejectedNames = rejected.size === 0 ? NO_REJECTIONS : new Set(rejected.keys());
  return { mode, interest, held, owed, owesAll: owesAll !== undefined, rejected: rejectedNames };
}

function ordinalOf(client: Client, sub: Subscription): number {
  return (sub.traits.tier === "make" ? client.head : client.switched)?.ordinal ?? 0;
}

function subscriptionOn(client: Client, streamId: number, typeUrl: string, nowMs: number): Subscription {
  const stream: ClientStream = client.streams.get(streamId)!;
  const known = stream.subscriptions.get(typeUrl);
  if (known) return known;
  const sub = openSubscription(stream, typeUrl, nowMs);
  stream.subscriptions.set(typeUrl, sub);
  subscriptionsOfType(client, typeUrl).add(sub);
  return sub;
}

function hasType(client: Client, typeUrl: string): boolean {
  return client.types.some((type) => type.typeUrl === typeUrl);
}

function subscriptionsOfType(client: Client, typeUrl: string): Set<Subscription> {
  const known = client.types.find((type) => type.typeUrl === typeUrl);
  if (known) return known.subscriptions;
  const subscriptions = new Set<Subscription>();
  client.types = [...client.types, { typeUrl, subscriptions }].sort(
    (a, b) => traitsOf(a.typeUrl).order - traitsOf(b.typeUrl).order,
  );
  return subscriptions;
}
