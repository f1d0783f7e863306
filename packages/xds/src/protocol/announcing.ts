import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { withEntry } from "../rare-map.ts";
import { announce, announcementOf, BEARERS, routedBy } from "./announcement.ts";
import { isHeld } from "./bind.ts";
import { type Client, isStaged, silenceDeadlineOf, subscriptionsOf, wakeAt } from "./client-state.ts";
import { endpointsNames } from "./cluster-endpoints.ts";
import { includes, isCollective } from "./interest.ts";
import { namesListeners } from "./names-listeners.ts";
import { refreshOverlay, targetOf } from "./overlay.ts";
import type { Subscription } from "./subscription.ts";
import { differences, isSame, resourceIn } from "./view.ts";

/** What one client is shown of a name while the clusters of its next content are announced. */
export interface Announced {
  /** The announcing version. */
  readonly resource: Resource;
  /** The revision whose content the client has of that name, but for the announcement. */
  readonly revision: number;
  /** The revision whose content it gets next. */
  readonly nextRevision: number;
  /** When it was seen to be sent, ms; `undefined`: not yet. */
  sinceMs: number | undefined;
  /** Clusters that the client has not yet. */
  readonly waitsFor: Set<string>;
}

/** More clusters than that are not announced: the client would take up each, whether its calls go there or not. */
const MAX_ANNOUNCED_CLUSTERS = 100;

/**
 * Announces clusters to clients that name them (O1.1). A gRPC client learns from its routes which clusters to ask for, so
 * these can't be made before the routes are switched; and grpc-go shows calls its new routes before it has their clusters.
 * So routes that lead to new clusters are first sent as they are, with a route more that fits no call and names them.
 */
export function announceNext(client: Client, nowMs: number): void {
  if (client.announced.size === 0 && (!isStaged(client) || !namesListeners(client))) return;
  for (const typeUrl of BEARERS.keys()) {
    const [sub] = subscriptionsOf(client, typeUrl);
    const shown = client.announced.get(typeUrl);
    if (!sub || (!shown && !sub.isDirty && sub.target === targetOf(client, typeUrl))) continue;
    if (shown) {
      client.announced.delete(typeUrl);
      refreshOverlay(client, typeUrl);
    }
    if (!namesClusters(client, sub)) continue;
    const announced = new Map<string, Announced>();
    for (const { name, before, after } of differencesOf(client, sub)) {
      const next = step(client, sub, before, after, shown?.get(name), nowMs);
      if (next) announced.set(name, next);
    }
    if (announced.size === 0) continue;
    client.announced = withEntry(client.announced, typeUrl, announced);
    refreshOverlay(client, typeUrl);
  }
}

/**
 * Notes what clients have of announced clusters by now. Before anything is sent: under endless changes there is always
 * something in flight after it.
 */
export function noteAnnounced(client: Client): void {
  for (const announced of client.announced.values()) for (const entry of announced.values()) noteHeld(client, entry);
}

/** Whether it asks for clusters by name, as gRPC clients do and Envoy does not, and is staged. */
function namesClusters(client: Client, sub: Subscription): boolean {
  if (!isStaged(client) || !sub.isAggregated || !sub.held || !namesListeners(client)) return false;
  const clusters = [...subscriptionsOf(client, TYPE_URLS.cluster)];
  return clusters.length > 0 && !clusters.some(({ interest }) => isCollective(interest));
}

/** What it holds and is to hold otherwise. Not what it asks for, which is answered at once, nor what it does not take. */
function* differencesOf(client: Client, sub: Subscription) {
  for (const { name, before, after } of differences(sub.held!, targetOf(client, sub.typeUrl), sub.interest)) {
    if (!before || !after || sub.owesAll || sub.owed.has(name)) continue;
    if (!sub.rejected.has(name)) yield { name, before, after };
    else if (announcementOf(before)) client.needs.giveUp(sub.typeUrl, name);
  }
}

/** What a client that holds `before` is to be shown first; `undefined`: `after` itself. */
function step(
  client: Client,
  sub: Subscription,
  before: Resource,
  after: Resource,
  known: Announced | undefined,
  nowMs: number,
): Announced | undefined {
  if (client.needs.isGivenUp(sub.typeUrl, after.name)) return undefined;
  const announcement = announcementOf(before);
  if (!announcement) return begin(client, sub, { held: before, old: before, after, revision: known?.revision });
  if (unannounced(client, announcement.old, after).length === 0) return undefined;
  const isKnown = known !== undefined && isSame(known.resource, before);
  const entry = isKnown
    ? known
    : entryOf(client, sub, { resource: before, clusters: announcement.clusters, revision: undefined });
  entry.sinceMs ??= nowMs;
  noteHeld(client, entry);
  const untilMs = entry.sinceMs + silenceDeadlineOf(client);
  const isAcked = sub.acked !== undefined && isSame(resourceIn(sub.acked, after.name), before);
  if ((!isAcked || entry.waitsFor.size > 0) && untilMs > nowMs) {
    wakeAt(client, untilMs);
    return entry;
  }
  for (const cluster of entry.waitsFor) client.needs.giveUp(TYPE_URLS.cluster, cluster);
  // What it was announced it gets, though there is newer content that has to be announced: or endless commits would leave
  // it where it is.
  return begin(client, sub, { held: before, old: announcement.next, after, revision: entry.nextRevision });
}

interface Beginning {
  /** What the client holds. */
  readonly held: Resource;
  /** What it is to have until the clusters are there. */
  readonly old: Resource;
  readonly after: Resource;
  /** That of `old`; `undefined`: the one that the client took last. */
  readonly revision: number | undefined;
}

/** Announces the clusters of the next content, if there are any that the content held does not name. */
function begin(client: Client, sub: Subscription, beginning: Beginning): Announced | undefined {
  const { held, old, after, revision } = beginning;
  if (unannounced(client, held, after).length === 0) return undefined;
  const clusters = unannounced(client, old, after);
  if (clusters.length > MAX_ANNOUNCED_CLUSTERS) return undefined;
  const resource = announce(old, after, clusters);
  return resource && entryOf(client, sub, { resource, clusters, revision });
}

interface Entry {
  readonly resource: Resource;
  readonly clusters: readonly string[];
  readonly revision: number | undefined;
}

function entryOf(client: Client, { acked, typeUrl }: Subscription, { resource, clusters, revision }: Entry): Announced {
  return {
    resource,
    revision: revision ?? acked?.base.revision ?? 0,
    nextRevision: targetOf(client, typeUrl).base.revision,
    sinceMs: undefined,
    waitsFor: new Set(clusters),
  };
}

/** Clusters that one content leads to and the other does not, but for what does not exist and what gates no more. */
function unannounced(client: Client, held: Resource, after: Resource): string[] {
  const known = routedBy(held);
  const clusters = targetOf(client, TYPE_URLS.cluster);
  return [...routedBy(after).keys()].filter((name) => {
    return !known.has(name) && resourceIn(clusters, name) && !client.needs.isGivenUp(TYPE_URLS.cluster, name);
  });
}

function noteHeld(client: Client, { waitsFor }: Announced): void {
  for (const cluster of waitsFor) if (hasCluster(client, cluster, new Set())) waitsFor.delete(cluster);
}

/** Whether the client has taken a cluster, what there is of its endpoints, and those that it takes from (an aggregate). */
function hasCluster(client: Client, name: string, seen: Set<string>): boolean {
  const cluster = resourceIn(targetOf(client, TYPE_URLS.cluster), name);
  if (!cluster || seen.has(name)) return true;
  seen.add(name);
  if (!isTaken(client, TYPE_URLS.cluster, name)) return false;
  const endpoints = targetOf(client, TYPE_URLS.endpoints);
  const exist = endpointsNames(cluster).filter((one) => resourceIn(endpoints, one));
  if (!exist.every((one) => isTaken(client, TYPE_URLS.endpoints, one))) return false;
  return cluster.facts.references.every(
    (reference) => reference.typeUrl !== TYPE_URLS.cluster || hasCluster(client, reference.name, seen),
  );
}

function isTaken(client: Client, typeUrl: string, name: string): boolean {
  if (!isHeld(client, typeUrl, name)) return false;
  for (const { interest, rejected } of subscriptionsOf(client, typeUrl)) {
    if (includes(interest, name) && rejected.has(name)) return false;
  }
  return true;
}
