import { TYPE_URLS } from "@fairlead/envoy-api";
import { routeConfigurationOf } from "../cache/name-index.ts";
import { type Client, subscriptionsOf } from "./client-state.ts";
import type { Interest } from "./interest.ts";
import { type NameSet, nameSet } from "./name-set.ts";
import { targetOf } from "./overlay.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";
import { resourcesIn, type View } from "./view.ts";

/**
 * What a subscription covers: as it says but for virtual hosts, where a wildcard means those of the route configurations
 * that its client subscribes to, and a bare name those of that one (D8).
 */
export function coverageOf(client: Client, sub: Subscription): Interest {
  if (sub.typeUrl !== TYPE_URLS.virtualHost) return sub.interest;
  const within = sub.interest.kind === "named" ? sub.interest.names : subscribedRoutes(client, sub.interest.names);
  return within ? { ...sub.interest, within } : sub.interest;
}

/** Owes the virtual hosts of route configurations that a subscription covers only now. */
export function oweNewHosts(client: Client, sub: Subscription): void {
  const { within } = coverageOf(client, sub);
  if (within === sub.within) return;
  const added = [...(within?.names ?? [])].filter((name) => !sub.within?.names.has(name));
  sub.within = within;
  owe(sub, targetOf(client, sub.typeUrl), nameSet(added));
}

/** A client that takes a route configuration forgets its virtual hosts: they are to be sent again (D8). */
export function oweHostsOf(client: Client, { resources }: Plan): void {
  const routes = nameSet(resources.map(({ name }) => name));
  for (const sub of subscriptionsOf(client, TYPE_URLS.virtualHost)) owe(sub, targetOf(client, sub.typeUrl), routes);
}

function owe(sub: Subscription, view: View, routes: NameSet): void {
  if (!sub.held || sub.owesAll) return;
  for (const { name } of resourcesIn(view, { ...sub.interest, within: routes })) {
    if (routes.names.has(routeConfigurationOf(name)) && !sub.owed.has(name)) sub.owed.set(name, "hosts");
    sub.isDirty = true;
  }
}

/** `undefined`: all there are, or the client has its routes from elsewhere. */
function subscribedRoutes(client: Client, named: NameSet): NameSet | undefined {
  const names = new Set(named.names);
  let isKnown = false;
  for (const { interest } of subscriptionsOf(client, TYPE_URLS.routes)) {
    if (interest.kind === "wildcard") return undefined;
    isKnown = true;
    for (const name of interest.names.names) names.add(name);
  }
  return isKnown ? nameSet(names) : undefined;
}
