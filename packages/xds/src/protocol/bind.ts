import { isGlob, type Reference, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { remember } from "../remember.ts";
import { type Client, isStaged, returnDeadlineOf, subscriptionsOf } from "./client-state.ts";
import { includes } from "./interest.ts";
import { targetOf } from "./overlay.ts";
import type { Subscription } from "./subscription.ts";
import { resourceIn, typeOf } from "./view.ts";

/**
 * What an ACKed listener or route makes the client ask for: until it has that, the old one may still be at work. One that came
 * back may ask late.
 */
export function bindToAsk(
  client: Client,
  sub: Subscription,
  resources: readonly Resource[],
  ordinal: number,
  nowMs: number,
): void {
  if (!isStaged(client)) return;
  const untilMs = sub.isFresh ? sub.openedAtMs + returnDeadlineOf(client, sub) : 0;
  for (const { typeUrl, name } of remember(bindings, resources, bindingOf)) {
    if (!isServed(client, typeUrl, name) || isHeld(client, typeUrl, name)) continue;
    client.needs.add(typeUrl, name, ordinal, nowMs, untilMs);
  }
}

/** By the list of a response's resources, which all who are sent that share. */
const bindings = new WeakMap<readonly Resource[], readonly Reference[]>();

/** What is asked for because some resource refers to it. */
function bindingOf(resources: readonly Resource[]): readonly Reference[] {
  const isBinding = ({ typeUrl }: Reference) => typeUrl !== TYPE_URLS.cluster && typeUrl !== TYPE_URLS.endpoints;
  return resources.flatMap(({ facts }) => facts.references.filter(isBinding));
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
