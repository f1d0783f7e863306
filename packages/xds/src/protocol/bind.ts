import { isGlob, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { type Client, isStaged, subscriptionsOf } from "./client-state.ts";
import { includes } from "./interest.ts";
import { targetOf } from "./overlay.ts";
import { resourceIn, typeOf } from "./view.ts";

/** What an ACKed listener or route makes the client ask for: until it has that, the old one may still be at work. */
export function bindToAsk(client: Client, resources: readonly Resource[], ordinal: number, nowMs: number): void {
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
  if (isGlob(name)) return true; // if only by saying that there is nothing in it
  const newest = typeOf(client.head?.snapshot, typeUrl).resources;
  return newest.has(name) || resourceIn(targetOf(client, typeUrl), name) !== undefined;
}

export function isHeld(client: Client, typeUrl: string, name: string): boolean {
  for (const sub of subscriptionsOf(client, typeUrl)) {
    const isSettled = sub.inFlight.length === 0 && !sub.owed.has(name) && !sub.owesAll;
    if (isSettled && includes(sub.interest, name)) return true;
  }
  return false;
}
