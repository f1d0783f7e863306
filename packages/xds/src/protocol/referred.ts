import { type Reference, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { type Client, silenceDeadlineOf, subscriptionsOf, wakeAt } from "./client-state.ts";
import { keepsUnknown, type Subscription } from "./subscription.ts";
import { type Difference, differences } from "./view.ts";

/** Types whose resources may refer to what is retained. */
const REFERRING_TYPES = [
  TYPE_URLS.listener,
  TYPE_URLS.routes,
  TYPE_URLS.scopedRoutes,
  TYPE_URLS.virtualHost,
  TYPE_URLS.extensionConfig,
  TYPE_URLS.cluster,
];

/**
 * Tells whether something that this client may still hold refers to a resource: a route configuration that was dropped
 * and is still subscribed, a listener or route held back or rejected, a cluster retained (for its endpoints and secrets).
 * Looked up when the first is asked for, and the same for all until the client changes: a client may retain thousands.
 */
export function referred(client: Client, nowMs: number): (resource: Resource) => boolean {
  let found: Referred | undefined;
  return ({ typeUrl, name }) => {
    found ??= find(client, nowMs);
    // A resource whose content is not known may refer to whatever its type can.
    return found.opaqueRank > rankOf(typeUrl) || found.keys.has(keyOf({ typeUrl, name }));
  };
}

interface Referred {
  readonly keys: ReadonlySet<string>;
  /** The highest rank of a resource whose content is not known; below all ranks: there is none. */
  readonly opaqueRank: number;
}

function find(client: Client, nowMs: number): Referred {
  const keys = new Set<string>();
  let opaqueRank = NO_RANK;
  const add = (resource: Resource | undefined) => {
    if (!resource) return;
    if (resource.facts.isOpaque) opaqueRank = Math.max(opaqueRank, rankOf(resource.typeUrl));
    for (const reference of resource.facts.references) {
      const isItself = reference.typeUrl === resource.typeUrl && reference.name === resource.name;
      if (!isItself) keys.add(keyOf(reference));
    }
  };
  client.leftRoutes.values().forEach(add);
  for (const typeUrl of REFERRING_TYPES) {
    client.overlays.get(typeUrl)?.values().forEach(add);
    for (const sub of subscriptionsOf(client, typeUrl)) {
      if (keepsUnknown(sub)) opaqueRank = Math.max(opaqueRank, rankOf(typeUrl));
      for (const { mayHold } of sub.rejected.values()) mayHold.forEach(add);
      for (const { before, after } of underWay(client, sub, nowMs)) [before, after].forEach(add);
    }
  }
  return { keys, opaqueRank };
}

function keyOf({ typeUrl, name }: Pick<Reference, "typeUrl" | "name">): string {
  return `${typeUrl}|${name}`;
}

const NO_RANK = -1;

/** A type refers to those of a lower rank only. */
function rankOf(typeUrl: string): number {
  return RANKS.indexOf(typeUrl); // NO_RANK: it refers to nothing that is retained
}

const RANKS: readonly string[] = [
  TYPE_URLS.cluster,
  TYPE_URLS.extensionConfig,
  TYPE_URLS.virtualHost,
  TYPE_URLS.routes,
  TYPE_URLS.scopedRoutes,
  TYPE_URLS.listener,
];

/** What responses in flight replace, and by what: until its answer the client may hold either, or silence has lasted. */
function* underWay(client: Client, sub: Subscription, nowMs: number): Iterable<Difference> {
  const newest = sub.inFlight.at(-1);
  if (!newest || !sub.acked) return;
  const deadline = newest.sentAtMs + silenceDeadlineOf(client);
  if (deadline <= nowMs) return;
  wakeAt(client, deadline);
  yield* differences(sub.acked, newest.view, sub.interest);
}
