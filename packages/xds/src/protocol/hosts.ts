import { TYPE_URLS } from "@fairlead/envoy-api";
import { routeConfigurationOf } from "../cache/name-index.ts";
import { type Client, subscriptionsOf } from "./client-state.ts";
import { type Interest, includes } from "./interest.ts";
import { changeNames, type NameSet, nameSet } from "./name-set.ts";
import { targetOf } from "./overlay.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";
import { owe } from "./subscription.ts";
import { membersOf, resourceIn } from "./view.ts";

/**
 * What a subscription covers: as it says but for virtual hosts, where a wildcard means those of the route configurations
 * that its client subscribes to, a bare name those of that one; and those that it was sent on demand (D8).
 */
export function coverageOf(client: Client, sub: Subscription): Interest {
  if (sub.typeUrl !== TYPE_URLS.virtualHost) return sub.interest;
  const { kind, names } = sub.interest;
  return { kind, names: changeNames(names, [...sub.onDemand.names], []), within: withinOf(client, sub) };
}

/**
 * A client never gives up what it asked for on demand, and asks again with each request for a host that it has not: so what
 * a wildcard's client names is answered, and not remembered but by the hosts that it was sent.
 */
export function takeOnDemand(client: Client, sub: Subscription): void {
  if (sub.typeUrl !== TYPE_URLS.virtualHost || sub.interest.kind !== "wildcard") return;
  const { names } = sub.interest;
  const routes = subscribedRoutes(client);
  const hosts = [...names.names].filter((name) => routeConfigurationOf(name) !== "" && !routes?.names.has(name));
  if (hosts.length === 0) return;
  for (const name of hosts) if (!sub.owed.has(name)) owe(sub, name, sub.owesAll ?? "subscribed");
  sub.interest = { ...sub.interest, names: changeNames(names, [], hosts) };
}

/** What was sent on demand is followed until it is told as removed. */
export function followSent(client: Client, sub: Subscription, { resources, removed }: Plan): void {
  if (sub.typeUrl !== TYPE_URLS.virtualHost) return;
  const covered: Interest = { ...sub.interest, within: withinOf(client, sub) };
  const sent = resources.flatMap(({ name }) => (includes(covered, name) ? [] : name));
  const gone = removed.filter((name) => sub.onDemand.names.has(name));
  sub.onDemand = changeNames(sub.onDemand, sent, gone);
}

/** Owes the virtual hosts of route configurations that a subscription covers only now. */
export function oweNewHosts(client: Client, sub: Subscription): void {
  const within = withinOf(client, sub);
  const routes = sub.interest.kind === "wildcard" ? subscribedRoutes(client) : undefined;
  if (within === sub.within && routes === sub.routes) return;
  const [newlyWithin, newRoutes] = [notIn(within, sub.within), notIn(routes, sub.routes)];
  sub.within = within;
  sub.routes = routes;
  oweHosts(client, sub, newlyWithin);
  tellEmpty(client, sub, newRoutes);
}

/** A client that takes a route configuration forgets its virtual hosts: they are to be sent again (D8). */
export function oweHostsOf(client: Client, { resources }: Plan): void {
  const routes = resources.map(({ name }) => name);
  for (const sub of subscriptionsOf(client, TYPE_URLS.virtualHost)) {
    oweHosts(client, sub, routes);
    if (sub.interest.kind === "wildcard") tellEmpty(client, sub, routes);
  }
}

function oweHosts(client: Client, sub: Subscription, routes: readonly string[]): void {
  if (!sub.held || sub.owesAll) return;
  for (const name of hostsIn(client, sub, routes)) {
    if (!sub.owed.has(name)) owe(sub, name, "hosts");
    sub.isDirty = true;
  }
}

/**
 * A route configuration warms until it hears of virtual hosts of its own, and an empty response says nothing of it: where
 * it is to get none, something of it is told as removed.
 */
function tellEmpty(client: Client, sub: Subscription, routes: readonly string[]): void {
  const configurations = targetOf(client, TYPE_URLS.routes);
  for (const route of routes) {
    const references = resourceIn(configurations, route)?.facts.references ?? [];
    const asksForHosts = references.some(({ typeUrl }) => typeUrl === TYPE_URLS.virtualHost);
    if (!asksForHosts || !hostsIn(client, sub, [route]).next().done) continue;
    owe(sub, `${route}/*`, "hosts");
    sub.isDirty = true;
  }
}

/** The virtual hosts of some route configurations that a subscription covers. */
function* hostsIn(client: Client, sub: Subscription, routes: readonly string[]): IterableIterator<string> {
  const view = targetOf(client, sub.typeUrl);
  const coverage = coverageOf(client, sub);
  for (const route of routes) for (const name of membersOf(view, route)) if (includes(coverage, name)) yield name;
}

/** The route configurations whose virtual hosts are covered; `undefined`: all of them. */
function withinOf(client: Client, { interest }: Subscription): NameSet | undefined {
  const { kind, names } = interest;
  if (kind === "named" || client.context.options.hostsOnDemand) return names;
  const routes = subscribedRoutes(client);
  return routes && changeNames(routes, [...names.names], []);
}

/** `undefined`: all there are, or the client has its routes from elsewhere. */
function subscribedRoutes(client: Client): NameSet | undefined {
  const interests = [...subscriptionsOf(client, TYPE_URLS.routes)].map(({ interest }) => interest);
  const [only, ...others] = interests;
  if (!only || interests.some(({ kind }) => kind === "wildcard")) return undefined;
  // As over ADS: a set is there. It is asked for with each turn, and with each route of a response.
  if (others.length === 0) return only.names;
  return nameSet(interests.flatMap(({ names }) => [...names.names]));
}

function notIn(names: NameSet | undefined, before: NameSet | undefined): string[] {
  if (!names || names === before) return [];
  return [...names.names].filter((name) => !before?.names.has(name));
}
