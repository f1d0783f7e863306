import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { withEntry } from "../rare-map.ts";
import { remember } from "../remember.ts";
import { allAskedUpTo, endpointsAskedFor, waitingFor } from "./all-asked.ts";
import { type Client, isStaged, silenceDeadlineOf, subscriptionsOf, wakeAt } from "./client-state.ts";
import { byEndpoints, endpointsNames } from "./cluster-endpoints.ts";
import { includes, interestOf, isCollective } from "./interest.ts";
import { collectionsBehind } from "./locality-endpoints.ts";
import { mentionedIn } from "./mentioned.ts";
import { targetOf } from "./overlay.ts";
import type { Head, Sent, Subscription, Wave } from "./subscription.ts";
import { NOT_ASKED, owe } from "./subscription.ts";
import { type Difference, differences, resourceIn, resourcesIn, typeOf, type View } from "./view.ts";

/** A CDS response was sent: its new and changed clusters are to be confirmed before anything may point to them (O1.1). */
export function startWave(
  client: Client,
  sub: Subscription,
  sent: Sent,
  held: Subscription["held"],
  nowMs: number,
): void {
  client.clustersSent = sent.ordinal;
  const introduced = held ? introducedBy(client, sub, sent, held) : sent.plan.resources;
  if (introduced.length === 0) return;
  const head = client.head!;
  const { nonce } = sent;
  const wave: Wave = {
    head,
    nonce,
    // Who comes back is sent clusters that it has: their streams may ask before these do, or not at all.
    ordinal: held === undefined && sub.isFresh ? 0 : sent.ordinal,
    sentAtMs: nowMs,
    introduced,
    introducedNames: namesOf(introduced),
    state: "sent",
    rejected: NOTHING,
    warmUntilMs: 0,
    isUnsure: false,
    clustersByEndpoints: byEndpoints(introduced),
    sharedEndpoints: sharedEndpoints(client, sub, introduced, held),
  };
  sub.waves = sub.waves.length === 0 ? [wave] : [...sub.waves, wave];
  if (sub.waves.length > MAX_WAVES) sub.waves = secondMergedIntoThird(sub.waves);
  const { ordinal, clustersByEndpoints } = wave;
  const isBack = ordinal === 0 && !sub.isAggregated;
  const askedBefore = isBack ? endpointsAskedFor(client) : NOTHING;
  for (const [name, clusters] of clustersByEndpoints) {
    // Polls for the same name look the same, whichever cluster's they are: of several, those for new ones are yet to come.
    const mayBeAsked = isBack && (clusters.length === 1 || !sub.polls);
    if (mayBeAsked && askedBefore.has(name) && haveAllAsked(client, name, clusters)) {
      wave.isUnsure = true;
      continue;
    }
    awaitEndpoints(client, sub, name, mayBeAsked ? ordinal : sent.ordinal, nowMs);
  }
}

/** Whether the streams of a client that came back, as far as they are there, asked for these endpoints for each of those clusters. */
function haveAllAsked(client: Client, endpoints: string, clusters: readonly string[]): boolean {
  if (clusters.length === 1) return true;
  const brought = clusters.map(() => 0);
  return (allAskedUpTo(client, endpoints, brought) ?? NOT_ASKED) > NOT_ASKED;
}

/**
 * Endpoints of new clusters that other clusters take too, so that their ACK proves nothing of these. Only over ADS: on
 * streams of their own each new cluster asks by itself.
 */
function sharedEndpoints(
  client: Client,
  sub: Subscription,
  introduced: readonly Resource[],
  held: View | undefined,
): ReadonlySet<string> {
  if (!sub.isAggregated) return NOTHING;
  const endpoints = byEndpoints(introduced);
  if (endpoints.size === 0) return NOTHING;
  const shared = new Set<string>();
  for (const [name, clusters] of endpoints) if (clusters.length > 1) shared.add(name);
  for (const cluster of introduced) {
    if (held && resourceIn(held, cluster.name)) continue;
    for (const name of endpointsNames(cluster)) {
      for (const { interest } of subscriptionsOf(client, TYPE_URLS.endpoints))
        if (includes(interest, name)) shared.add(name);
    }
  }
  return shared;
}

/** What differs from what the client was sent before, and what it had rejected and is sent again. */
function introducedBy(client: Client, sub: Subscription, { view, plan }: Sent, held: View): readonly Resource[] {
  const changed = remember(contents, differences(held, view, sub.interest), (found) =>
    found.flatMap(({ after }) => after ?? []),
  );
  // Without a rejection that is all, however many clusters the response repeats.
  if (client.blocked.size === 0 && sub.waves.every(({ rejected }) => rejected.size === 0)) return changed;
  const names = namesOf(changed);
  return [...changed, ...plan.resources.filter(({ name }) => !names.has(name) && isRejected(client, sub, name))];
}

/** What there is after some differences: of a whole group's, found once for all of its clients. */
const contents = new WeakMap<readonly Difference[], readonly Resource[]>();

/** Whether the client has said that it rejects a cluster, and was not sent it again. */
export function isRejected(client: Client, sub: Subscription, cluster: string): boolean {
  const last = sub.waves.findLast(({ introducedNames }) => introducedNames.has(cluster));
  return last ? last.rejected.has(cluster) : client.blocked.get(cluster)?.reason === "rejected";
}

/** The client took the clusters of a response. */
export function confirmClusters(client: Client, sub: Subscription, sent: Sent, nowMs: number): void {
  for (const wave of answeredWaves(sub, sent)) {
    if (wave.state === "sent" && !sub.isAggregated) giveGrace(client, wave, nowMs);
    wave.state = "acked";
  }
  const { resources } = sent.plan;
  if (client.blocked.size > 0) unblock(client, sub, resources, nowMs);
  if (sub.waves.some(({ rejected }) => rejected.size > 0)) absolve(sub, namesOf(resources));
}

/** Clusters that the client takes though they were blocked. */
function unblock(client: Client, sub: Subscription, clusters: readonly Resource[], nowMs: number): void {
  for (const resource of clusters) {
    const { name, facts } = resource;
    // Taken is not yet warm: what is to be confirmed with a wave, or by its endpoints, is blocked until then.
    const known = client.blocked.get(name);
    if (!known || sub.waves.some(({ introducedNames }) => introducedNames.has(name))) continue;
    const isHungry = endpointsNames(resource).some((endpoints) => isNeeded(client, endpoints));
    const { ordinal } = known;
    const sinceMs = known.reason === "silent" ? known.sinceMs : nowMs;
    if (isHungry) client.blocked = withEntry(client.blocked, name, { reason: "silent", ordinal, sinceMs });
    else if (facts.warmsSilently && !sub.isAggregated)
      client.blocked = withEntry(client.blocked, name, { reason: "warming", ordinal, sinceMs: nowMs });
    else client.blocked.delete(name);
  }
}

/** What was rejected before and is taken now must not be blocked by a wave that still waits for something else. */
function absolve(sub: Subscription, taken: ReadonlySet<string>): void {
  for (const [index, wave] of sub.waves.entries()) {
    if (wave.rejected.size === 0) continue;
    const isAwaited = (name: string) => sub.waves.slice(index + 1).some((later) => later.introducedNames.has(name));
    wave.rejected = new Set([...wave.rejected].filter((name) => !taken.has(name) || isAwaited(name)));
  }
}

/** The client rejected clusters: those it names or, where it names none or says too much, all that the response brought. */
export function rejectClusters(client: Client, sub: Subscription, sent: Sent, message: string, nowMs: number): void {
  const names = sent.plan.resources.map(({ name }) => name);
  const said = mentionedIn(message, names);
  const rejected = new Set(said.length > 0 ? said : names);
  const refused: Resource[] = [];
  for (const wave of answeredWaves(sub, sent)) {
    // Envoy takes the others of that response, which begin to warm.
    if (wave.state === "sent" && !sub.isAggregated) giveGrace(client, wave, nowMs);
    wave.state = "rejected";
    const now = wave.introduced.filter(({ name }) => rejected.has(name));
    // What an earlier answer rejected stays so, unless this one takes it.
    wave.rejected = new Set([...wave.rejected, ...now.map(({ name }) => name)]);
    refused.push(...now);
  }
  absolve(sub, new Set(names.filter((name) => !rejected.has(name))));
  for (const name of rejected) {
    if (sub.waves.some(({ introducedNames }) => introducedNames.has(name))) continue;
    // The wave that brought it has passed in silence: now it is known, if the client says so.
    if (said.length > 0 || client.blocked.has(name))
      client.blocked = withEntry(client.blocked, name, { reason: "rejected", ordinal: sent.ordinal, sinceMs: nowMs });
  }
  if (client.needs.size === 0 && client.blocked.size === 0) return;
  const silent = silentByEndpoints(client);
  freeOfRefused(client, refused, silent);
  if (sub.isAggregated || !isCollective(sub.interest)) return;
  const all = sent.plan.resources.filter(({ name }) => rejected.has(name));
  freeOthers(client, all, silent);
}

/** Clusters that are blocked by silence, by the name of their endpoints. */
type Silent = ReadonlyMap<string, readonly string[]>;

/** What a client does not take does not bind it to ask for anything. */
function freeOfRefused(client: Client, refused: readonly Resource[], silent: Silent): void {
  for (const name of new Set(refused.flatMap(endpointsNames))) {
    const neededAt = neededUpTo(client, name);
    if (neededAt > 0) client.needs.lower(TYPE_URLS.endpoints, name, neededAt);
    else if (!silent.has(name)) client.needs.drop(TYPE_URLS.endpoints, name);
  }
}

/** On streams of their own, clusters that take the same as what was refused may all have it now. */
function freeOthers(client: Client, refused: readonly Resource[], silent: Silent): void {
  for (const name of new Set(refused.flatMap(endpointsNames))) {
    const waiting = waitingFor(client, name, silent.get(name) ?? []);
    const upTo = waiting.length > 0 ? allAskedUpTo(client, name, waiting) : undefined;
    if (upTo !== undefined) endNeed(client, name, upTo, silent);
  }
}

/** The newest head that brought a cluster which takes these endpoints and may come to be; 0: none waits for them. */
function neededUpTo(client: Client, endpoints: string): number {
  let newest = 0;
  for (const { waves } of subscriptionsOf(client, TYPE_URLS.cluster)) {
    for (const { clustersByEndpoints, rejected, head } of waves) {
      const isNeeded = clustersByEndpoints.get(endpoints)?.some((cluster) => !rejected.has(cluster));
      if (isNeeded) newest = Math.max(newest, head.ordinal);
    }
  }
  return newest;
}

/** The client took endpoints: clusters that waited for just these are confirmed, whatever became of the CDS ACK. */
export function confirmEndpoints(client: Client, sub: Subscription, sent: Sent): void {
  const isAsked = sent.cause !== "changed" && sent.cause !== "warming";
  // On a stream of its own, a push may have met the old cluster: only what was asked for proves the new one (O1.1).
  if (!sub.isAggregated && !isAsked) return;
  const names = [...sent.plan.resources.map(({ name }) => name), ...sent.plan.removed];
  if (!sub.isAggregated && !sub.polls && sent.cause === "fresh")
    confirmReturned(client, sub, names, sent.afterClusters);
  else {
    if (!sub.isAggregated) sub.askedAfter = Math.max(sub.askedAfter, sent.afterClusters);
    endNeeds(client, sub, names, sent.afterClusters);
  }
}

/**
 * A stream for endpoints came back, and has them as they are now. It is of a cluster that was there before: where others take the
 * same, it asked when that one came, and not for what is new since.
 */
export function confirmReturned(
  client: Client,
  sub: Subscription,
  names: readonly string[],
  afterClusters: number,
): void {
  if (sub.isAggregated) return;
  const clusters = targetOf(client, TYPE_URLS.cluster);
  const takers = remember(takersOf, clusters, () => byEndpoints(resourcesIn(clusters, interestOf([], true))));
  const isShared = names.some((name) => (takers.get(name)?.length ?? 0) > 1);
  if (!isShared) sub.askedAfter = Math.max(sub.askedAfter, afterClusters);
  endNeeds(client, sub, names, sub.askedAfter);
}

const takersOf = new WeakMap<View, ReadonlyMap<string, readonly string[]>>();

/** A stream has these endpoints, which it asked for after the clusters of that ordinal. */
function endNeeds(client: Client, sub: Subscription, names: readonly string[], askedAfter: number): void {
  if (client.needs.size === 0 && client.blocked.size === 0) return;
  const silent = silentByEndpoints(client);
  for (const name of names) {
    // One that waits alone has asked. Else some of those that share these endpoints may still wait.
    const waiting = sub.isAggregated ? [] : waitingFor(client, name, silent.get(name) ?? []);
    const upTo = waiting.length < 2 ? askedAfter : allAskedUpTo(client, name, waiting);
    if (upTo !== undefined) endNeed(client, name, upTo, silent);
  }
}

/** Endpoints are there for every cluster up to that ordinal. */
function endNeed(client: Client, name: string, ordinal: number, silent: Silent): void {
  client.needs.satisfy(TYPE_URLS.endpoints, name, ordinal);
  for (const cluster of silent.get(name) ?? []) {
    if ((client.blocked.get(cluster)?.ordinal ?? 0) <= ordinal) client.blocked.delete(cluster);
  }
}

/** Lets waves pass that are confirmed, or that are known not to be; the newest head that this subscription allows. */
export function passWaves(client: Client, sub: Subscription, nowMs: number): Head | undefined {
  for (let wave = sub.waves[0]; wave; wave = sub.waves[0]) {
    const verdict = judge(client, wave, nowMs);
    if (verdict === "wait") break;
    if (client.blocked.size > 0) for (const { name } of wave.introduced) client.blocked.delete(name);
    const shared = verdict.length > 0 ? clustersThatShare(wave) : NOTHING;
    for (const [name, reason] of verdict) {
      const { ordinal, sentAtMs } = wave;
      client.blocked = withEntry(client.blocked, name, {
        reason,
        ordinal,
        sinceMs: sentAtMs,
        isShared: shared.has(name),
      });
    }
    sub.passed = wave.head;
    sub.waves = sub.waves.slice(1);
  }
  const isUpToDate = sub.held === targetOf(client, sub.typeUrl) && sub.owed.size === 0 && sub.owesAll === undefined;
  if (sub.waves.length === 0 && isUpToDate) sub.passed = client.head;
  return sub.passed;
}

/** Clusters of a wave that take endpoints which others take too. */
function clustersThatShare({ sharedEndpoints, clustersByEndpoints }: Wave): ReadonlySet<string> {
  return new Set([...sharedEndpoints].flatMap((name) => clustersByEndpoints.get(name) ?? []));
}

/** Whether the client has that cluster, or silence has lasted long enough: no response that brings it is open. */
export function isConfirmed(client: Client, name: string): boolean {
  if (client.blocked.has(name)) return false;
  for (const sub of subscriptionsOf(client, TYPE_URLS.cluster)) {
    if (sub.waves.some(({ introducedNames }) => introducedNames.has(name))) return false;
    if (!includes(sub.interest, name)) continue;
    const held = sub.held && resourceIn(sub.held, name);
    if (!held && resourceIn(targetOf(client, sub.typeUrl), name)) return false;
  }
  return true;
}

/** Forgets blocks that are over: the cluster is gone, or its silence has lasted long enough. */
export function expireBlocks(client: Client, nowMs: number): void {
  if (client.blocked.size === 0) return;
  // Routes of the head switched to may still name what a newer head has dropped.
  const heads = [client.head, client.switched];
  const { warmGraceMs } = client.context.options;
  const silenceDeadlineMs = silenceDeadlineOf(client);
  for (const [name, { reason, sinceMs }] of client.blocked) {
    const untilMs = sinceMs + (reason === "warming" ? warmGraceMs : silenceDeadlineMs);
    const isOver = reason !== "rejected" && nowMs >= untilMs;
    const isGone = heads.every((head) => !typeOf(head?.snapshot, TYPE_URLS.cluster).resources.has(name));
    if (isOver || isGone || !isWanted(client, name)) client.blocked.delete(name);
    else if (reason !== "rejected") wakeAt(client, untilMs);
  }
}

/** Whether the client asks for that cluster; one that names its clusters asks for it only after what refers to it. */
function isWanted(client: Client, cluster: string): boolean {
  if (client.awaited.has(TYPE_URLS.cluster)) return true;
  for (const { interest } of subscriptionsOf(client, TYPE_URLS.cluster)) if (includes(interest, cluster)) return true;
  return false;
}

// Clients that go from one view to the next share the list of what that introduces, and so what is found of it.
function namesOf(clusters: readonly Resource[]): ReadonlySet<string> {
  return remember(names, clusters, () => new Set(clusters.map(({ name }) => name)));
}

const names = new WeakMap<readonly Resource[], ReadonlySet<string>>();

const NOTHING: ReadonlySet<string> = new Set();

/** Enough for two in flight and some that wait for endpoints. */
const MAX_WAVES = 4;

/** A bound on waves: what one brought is then confirmed with the next. */
function secondMergedIntoThird(waves: readonly Wave[]): readonly Wave[] {
  const merged = waves[1];
  const next = waves[2]!;
  const names = next.introducedNames;
  next.introduced = [...merged!.introduced.filter(({ name }) => !names.has(name)), ...next.introduced];
  next.rejected = new Set([...next.rejected, ...[...merged!.rejected].filter((name) => !names.has(name))]);
  next.introducedNames = namesOf(next.introduced);
  next.clustersByEndpoints = byEndpoints(next.introduced);
  next.sharedEndpoints = new Set([...merged!.sharedEndpoints, ...next.sharedEndpoints]);
  next.ordinal = merged!.ordinal;
  next.isUnsure ||= merged!.isUnsure;
  next.warmUntilMs = Math.max(next.warmUntilMs, merged!.warmUntilMs);
  return waves.toSpliced(1, 1);
}

/** The waves that the answer to a response settles: in SotW, those before it too. */
function answeredWaves(sub: Subscription, sent: Sent): Wave[] {
  const index = sub.waves.findIndex((wave) => wave.nonce === sent.nonce);
  if (index < 0) return [];
  return sub.mode === "sotw" ? sub.waves.slice(0, index + 1) : [sub.waves[index]!];
}

type Verdict = "wait" | readonly (readonly [cluster: string, reason: "rejected" | "silent"])[];

function judge(client: Client, wave: Wave, nowMs: number): Verdict {
  const { answerPatienceMs } = client.context.options;
  const silenceDeadlineMs = silenceDeadlineOf(client);
  const age = nowMs - wave.sentAtMs;
  if (age >= silenceDeadlineMs) return rejectedOf(wave);
  if (wave.warmUntilMs > nowMs) {
    wakeAt(client, wave.warmUntilMs);
    return "wait";
  }
  const unconfirmed = wave.introduced.filter((cluster) => isUnconfirmed(client, wave, cluster));
  if (unconfirmed.length === 0 && wave.state !== "sent") return rejectedOf(wave);
  if (age < answerPatienceMs) {
    wakeAt(client, wave.sentAtMs + answerPatienceMs);
    return "wait";
  }
  wakeAt(client, wave.sentAtMs + silenceDeadlineMs);
  return [...rejectedOf(wave), ...unconfirmed.map(({ name }) => [name, "silent"] as const)];
}

function rejectedOf(wave: Wave): readonly (readonly [string, "rejected"])[] {
  if (wave.rejected.size === 0) return NOT_REJECTED;
  return [...wave.rejected].map((name) => [name, "rejected"] as const);
}

const NOT_REJECTED: readonly never[] = [];

/**
 * Confirmed are: an EDS cluster by the ACK of endpoints sent after it, and of the response, or of the endpoints alone
 * when the response stays silent; any other by the ACK of the response.
 */
function isUnconfirmed(client: Client, wave: Wave, cluster: Resource): boolean {
  if (wave.rejected.has(cluster.name)) return false;
  const names = endpointsNames(cluster);
  const isOpen = names.some((name) => isNeeded(client, name, wave.head.ordinal));
  if (wave.state !== "sent") return isOpen;
  return (
    names.length === 0 || isOpen || cluster.facts.warmsSilently || names.some((name) => wave.sharedEndpoints.has(name))
  );
}

/** Whether endpoints are needed, or a collection that completes them, at or before that head. */
function isNeeded(client: Client, endpoints: string, ordinal = Number.POSITIVE_INFINITY): boolean {
  const { needs } = client;
  if (needs.size === 0) return false;
  if (needs.isOpenAt(TYPE_URLS.endpoints, endpoints, ordinal)) return true;
  return collectionsBehind(client, endpoints).some((name) => needs.isOpenAt(TYPE_URLS.localityEndpoint, name, ordinal));
}

/** A stream of its own gives no sign of a cluster that warms without endpoints: it is given time. */
function giveGrace(client: Client, wave: Wave, nowMs: number): void {
  if (!wave.isUnsure && !wave.introduced.some((cluster) => cluster.facts.warmsSilently)) return;
  wave.warmUntilMs = nowMs + client.context.options.warmGraceMs;
}

function awaitEndpoints(client: Client, clusters: Subscription, name: string, ordinal: number, nowMs: number): void {
  let isAskedFor = isCollective(clusters.interest);
  for (const sub of subscriptionsOf(client, TYPE_URLS.endpoints)) {
    if (!includes(sub.interest, name)) continue;
    isAskedFor = true;
    // Envoy takes the name as still subscribed and asks for nothing: unless told again, it waits 15 s (O2).
    if (!sub.isAggregated || sub.streamId !== clusters.streamId || sub.owesAll) continue;
    if (!sub.owed.has(name)) owe(sub, name, "warming");
    sub.isDirty = true;
  }
  if (isAskedFor && isStaged(client)) client.needs.add(TYPE_URLS.endpoints, name, ordinal, nowMs);
}

/** Endpoints that a client says it has do not warm a cluster that it is only being sent (O2). */
export function oweWarming(client: Client, sub: Subscription): void {
  if (sub.typeUrl !== TYPE_URLS.endpoints || !sub.isAggregated) return;
  for (const { streamId, waves } of subscriptionsOf(client, TYPE_URLS.cluster)) {
    if (streamId !== sub.streamId) continue;
    for (const name of waves.flatMap(({ clustersByEndpoints }) => [...clustersByEndpoints.keys()])) {
      if (includes(sub.interest, name) && !sub.owed.has(name)) owe(sub, name, "warming");
    }
  }
}

/** Whether a response that brings the cluster is open. */
function isIntroduced(client: Client, cluster: string): boolean {
  return subscriptionsOf(client, TYPE_URLS.cluster).some(({ waves }) =>
    waves.some(({ introducedNames }) => introducedNames.has(cluster)),
  );
}

/** Clusters that are blocked by silence, by the name of their endpoints: looked up once for all that a response brought. */
function silentByEndpoints(client: Client): Silent {
  // What is dropped and still shown counts too: its endpoints' stream answers like the others.
  const view = targetOf(client, TYPE_URLS.cluster);
  const silent: Resource[] = [];
  for (const [name, { reason, isShared }] of client.blocked) {
    const cluster = reason === "silent" && !isShared ? resourceIn(view, name) : undefined;
    // One that was sent anew is judged with that response: it may be rejected yet.
    if (cluster && !isIntroduced(client, name)) silent.push(cluster);
  }
  return byEndpoints(silent);
}
