import { type Reference, TYPE_URLS } from "@fairlead/envoy-api";
import { lacking } from "./bind.ts";
import {
  type Client,
  isAtPace,
  isStaged,
  returnDeadlineOf,
  returnEndOf,
  silenceDeadlineOf,
  subscriptionsOf,
  wakeAt,
} from "./client-state.ts";
import { endpointsNames } from "./cluster-endpoints.ts";
import { includes } from "./interest.ts";
import { namesListeners } from "./names-listeners.ts";
import { targetOf } from "./overlay.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";
import { resourceIn, type View } from "./view.ts";

/** One response is outstanding; a silent one stops blocking when there is newer content, then two at most (C3). */
export function awaitsAnswer(client: Client, sub: Subscription, view: View, nowMs: number): boolean {
  const [oldest] = sub.inFlight;
  // A poll is answered at once.
  if (!oldest || sub.polls) return false;
  if (sub.inFlight.length > 1) return true;
  const patientUntilMs = oldest.sentAtMs + client.context.options.answerPatienceMs;
  if (patientUntilMs <= nowMs) return false;
  if (sub.held !== view || sub.owed.size > 0 || sub.owesAll) wakeAt(client, patientUntilMs);
  return true;
}

/**
 * A client that comes back has working routes: new ones wait until its clusters are confirmed. Its streams come back
 * one by one, each after a backoff of its own, so for a while one without clusters waits for that with them, and one with
 * clusters for those with their endpoints.
 */
export function awaitsClusters(client: Client, sub: Subscription, plan: Plan, nowMs: number): boolean {
  if (!isStaged(client) || sub.traits.tier !== "switch" || !sub.isFresh) return false;
  const isFirst = sub.sentVersion === "";
  const { returnedWith } = sub;
  // There is nothing in it that the client has not.
  if (returnedWith?.mode === "sotw" && returnedWith.version === plan.version) return false;
  const untilMs = clustersThereBy(client, sub, plan, isFirst);
  if (untilMs <= nowMs) return false;
  wakeAt(client, untilMs);
  return true;
}

/** Until when such a client is given time for its clusters; 0: it has them, or can't have any yet. */
function clustersThereBy(client: Client, sub: Subscription, plan: Plan, isFirst: boolean): number {
  const subscriptions = subscriptionsOf(client, TYPE_URLS.cluster);
  // Also over ADS: an Envoy whose clusters were warming when its stream broke asks for them last. What is to lead a gRPC
  // client to its clusters can't wait for them.
  if (subscriptions.length === 0) {
    return namesListeners(client) ? 0 : client.servedSinceMs! + returnDeadlineOf(client, isAtPace(sub));
  }
  if (isFirst && subscriptions.some(({ isDirty, waves }) => isDirty || waves.length > 0)) {
    const endMs = returnEndOf(client, sub);
    const silenceMs = silenceDeadlineOf(client);
    const sentAtMs = Math.max(...subscriptions.map(({ waves }) => waves[0]?.sentAtMs ?? 0));
    // What came at the last moment has its own time, but not for ever: commits may bring more and more.
    return Math.min(Math.max(endMs, sentAtMs + silenceMs), endMs + silenceMs);
  }
  return lacksEndpoints(client, plan) ? returnEndOf(client, sub) : 0;
}

/** Whether it names a cluster that came back without its endpoints, and so may never have warmed. */
function lacksEndpoints(client: Client, { resources }: Plan): boolean {
  const clusters = targetOf(client, TYPE_URLS.cluster);
  const subscriptions = subscriptionsOf(client, TYPE_URLS.cluster);
  const named = new Set(resources.flatMap(({ facts }) => facts.references.flatMap(clusterName)));
  const lacks = lacking(client, TYPE_URLS.endpoints);
  for (const name of named) {
    const cluster = subscriptions.some((sub) => includes(sub.interest, name)) ? resourceIn(clusters, name) : undefined;
    if (cluster && endpointsNames(cluster).some(lacks)) return true;
  }
  return false;
}

function clusterName({ typeUrl, name }: Reference): string | [] {
  return typeUrl === TYPE_URLS.cluster ? name : [];
}

/**
 * A listener that waits for its routes is not replaced: the one before it has stopped to accept, and the next would find
 * no socket to take over. Silence ends it, as it ends that for an ACK.
 */
export function awaitsRoutes(client: Client, sub: Subscription, nowMs: number): boolean {
  if (sub.typeUrl !== TYPE_URLS.listener || sub.owed.size > 0 || sub.owesAll) return false;
  for (const { typeUrl, sinceMs } of client.needs.values()) {
    const untilMs = sinceMs + client.context.options.answerPatienceMs;
    if (typeUrl === TYPE_URLS.endpoints || typeUrl === TYPE_URLS.localityEndpoint || untilMs <= nowMs) continue;
    wakeAt(client, untilMs);
    return true;
  }
  return false;
}
