import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import type { Client } from "./client-state.ts";
import { targetOf } from "./overlay.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";
import { owe } from "./subscription.ts";
import { resourceIn } from "./view.ts";

/** The collections that hold what endpoints of that name leave out (LEDS): without them their cluster does not warm. */
export function collectionsBehind(client: Client, endpoints: string): string[] {
  return collectionsOf(resourceIn(targetOf(client, TYPE_URLS.endpoints), endpoints));
}

/**
 * Owes collections again that endpoints refer to which were sent because their cluster is new or changed: to Envoy that is
 * another watch of a name that is subscribed on this stream already, so it asks for nothing, and waits (O2).
 */
export function oweCollections(
  client: Client,
  { streamId, isAggregated, owed }: Subscription,
  { resources }: Plan,
): void {
  const sub = client.streams.get(streamId)!.subscriptions.get(TYPE_URLS.localityEndpoint);
  if (!sub || !isAggregated) return;
  for (const resource of resources) {
    if (!owed.has(resource.name)) continue;
    for (const name of collectionsOf(resource)) {
      if (!sub.interest.names.names.has(name) || sub.owed.has(name)) continue;
      owe(sub, name, "warming");
      sub.isDirty = true;
    }
  }
}

function collectionsOf(endpoints: Resource | undefined): string[] {
  const references = endpoints?.facts.references ?? [];
  return references.flatMap(({ typeUrl, name }) => (typeUrl === TYPE_URLS.localityEndpoint ? name : []));
}
