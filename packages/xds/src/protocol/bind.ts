import { isGlob, type Reference, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { remember } from "../remember.ts";
import { type Client, isStaged, returnDeadlineOf, returnEndOf, subscriptionsOf } from "./client-state.ts";
import { includes, isCollective } from "./interest.ts";
import { targetOf } from "./overlay.ts";
import type { Subscription } from "./subscription.ts";
import { resourceIn, resourcesIn, typeOf } from "./view.ts";

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
  const untilMs = sub.isFresh ? returnEndOf(client, sub) : 0;
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

/** Whether the client has a name, and no answer about it is open. */
export function isHeld(client: Client, typeUrl: string, name: string): boolean {
  return subscriptionsOf(client, typeUrl).some((sub) => isSettled(sub, name) && includes(sub.interest, name));
}

function isSettled({ inFlight, owed, owesAll }: Subscription, name: string): boolean {
  return inFlight.length === 0 && !owed.has(name) && !owesAll;
}

/** Tells of many names whether the client lacks them, with one look at its streams: it may have one for each. */
export function lacking(client: Client, typeUrl: string): (name: string) => boolean {
  const held = new Set<string>();
  const others: Subscription[] = [];
  for (const sub of subscriptionsOf(client, typeUrl)) {
    if (isCollective(sub.interest)) others.push(sub);
    for (const name of sub.interest.names.names) if (isSettled(sub, name)) held.add(name);
  }
  return (name) => !held.has(name) && !others.some((sub) => isSettled(sub, name) && includes(sub.interest, name));
}

/**
 * Streams broke over which the client has what its listeners and scopes name: until they are back, it goes on with that, and
 * nothing may be taken away that it leads to.
 */
export function bindAgain(client: Client, broken: readonly Subscription[], nowMs: number): void {
  const lost = new Map<string, number>();
  for (const { typeUrl, interest, polls } of broken) {
    const untilMs = nowMs + returnDeadlineOf(client, polls !== undefined);
    for (const name of interest.names.names) lost.set(`${typeUrl}|${name}`, untilMs);
  }
  for (const bearer of [TYPE_URLS.listener, TYPE_URLS.scopedRoutes]) {
    for (const { held, interest } of subscriptionsOf(client, bearer)) {
      for (const { typeUrl, name } of held ? bindingOf(resourcesIn(held, interest)) : []) {
        const untilMs = lost.get(`${typeUrl}|${name}`);
        // Whatever is retained, and since whichever head.
        if (untilMs !== undefined) client.needs.add(typeUrl, name, 0, nowMs, untilMs);
      }
    }
  }
}
