import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { withEntry } from "../rare-map.ts";
import { remember } from "../remember.ts";
import { bodiless } from "./bodiless.ts";
import type { Client, Effect, Retained } from "./client-state.ts";
import { isStaged, NO_EFFECTS, returnEndOf, silenceDeadlineOf, subscriptionsOf, wakeAt } from "./client-state.ts";
import { isRejected } from "./confirm.ts";
import { includes, isCollective } from "./interest.ts";
import { namesListeners } from "./names-listeners.ts";
import { refreshOverlay, targetOf } from "./overlay.ts";
import { referred } from "./referred.ts";
import { type Head, mayHaveBrought, type Subscription } from "./subscription.ts";
import { type Difference, differencesOfBases, resourceIn, typeOf } from "./view.ts";

/** Types that are retained at a new head, and at a switch. */
const MADE_TYPES = [TYPE_URLS.secret, TYPE_URLS.cluster, TYPE_URLS.endpoints, TYPE_URLS.localityEndpoint];
const SWITCHED_TYPES = [TYPE_URLS.extensionConfig, TYPE_URLS.routes];

/** Whose resources make a client ask for those of a type by name. */
const ASKERS: ReadonlyMap<string, readonly string[]> = new Map([
  [TYPE_URLS.endpoints, [TYPE_URLS.cluster]],
  [TYPE_URLS.localityEndpoint, [TYPE_URLS.endpoints]],
  [TYPE_URLS.secret, [TYPE_URLS.cluster, TYPE_URLS.listener]],
  [TYPE_URLS.routes, [TYPE_URLS.listener, TYPE_URLS.scopedRoutes]],
  [TYPE_URLS.extensionConfig, [TYPE_URLS.listener, TYPE_URLS.routes]],
]);

/** Types whose answers show that nothing refers to what a head dropped (O1.3). */
const GATING_TYPES = [
  TYPE_URLS.cluster,
  TYPE_URLS.listener,
  TYPE_URLS.routes,
  TYPE_URLS.scopedRoutes,
  TYPE_URLS.virtualHost,
  TYPE_URLS.extensionConfig,
];
const TRAFFIC_TYPES = [TYPE_URLS.listener, TYPE_URLS.routes, TYPE_URLS.scopedRoutes, TYPE_URLS.virtualHost];

/** Retains what one head has and the next has not, of the types that a new head or a switch governs. */
export function retainDropped(
  client: Client,
  from: Head,
  to: Head,
  tier: "make" | "switch",
  nowMs: number,
): readonly Effect[] {
  let effects = NO_EFFECTS;
  for (const typeUrl of tier === "make" ? MADE_TYPES : SWITCHED_TYPES) {
    const before = typeOf(from.snapshot, typeUrl);
    const after = typeOf(to.snapshot, typeUrl);
    if (before === after) continue;
    const changed = differencesOfBases(before, after);
    // As a rule nothing was dropped, and nothing is kept that may be back.
    if (!client.retained.has(typeUrl) && !remember(removals, changed, hasRemovals)) {
      refreshOverlay(client, typeUrl);
      continue;
    }
    const early: string[] = [];
    for (const difference of changed) {
      if (difference.after) client.retained.get(typeUrl)?.delete(difference.name);
      else if (difference.before) early.push(...retain(client, shown(client, difference.before), to.ordinal, nowMs));
    }
    if (early.length > 0) effects = [...effects, { kind: "warning", typeUrl, message: tooMany(client, early) }];
    refreshOverlay(client, typeUrl);
  }
  return effects;
}

const removals = new WeakMap<readonly Difference[], boolean>();

function hasRemovals(changed: readonly Difference[]): boolean {
  return changed.some(({ after }) => after === undefined);
}

/** What the group dropped while this client was away, or before it came, stays until its routes are switched (C9). */
export function retainForReturning(
  client: Client,
  sub: Subscription,
  resources: Iterable<Resource>,
  nowMs: number,
): void {
  if (!isStaged(client) || !client.head) return;
  const head = client.head;
  for (const resource of resources) {
    if (typeOf(head.snapshot, sub.typeUrl).resources.has(resource.name)) continue;
    if (includes(sub.interest, resource.name)) retain(client, resource, head.ordinal, nowMs);
  }
  refreshOverlay(client, sub.typeUrl);
}

/** Removes what nothing can refer to any more; whether anything was removed. */
export function releaseRetained(client: Client, nowMs: number): boolean {
  if (client.retained.size + client.leftRoutes.size === 0) return false;
  for (const [name, route] of client.leftRoutes) {
    const isBack = resourceIn(targetOf(client, route.typeUrl), name) !== undefined;
    if (isBack || !isNamed(client, route)) client.leftRoutes.delete(name);
  }
  if (client.retained.size === 0) return false;
  client.drains.prune(nowMs);
  let isReleased = false;
  const openAt = new Map<number, boolean>();
  for (const [typeUrl, retained] of client.retained) {
    const before = retained.size;
    const gates: Gates = { openAt, isReferredTo: referred(client, nowMs) };
    for (const [name, entry] of retained) {
      if (!mayGo(client, entry, gates, nowMs)) continue;
      retained.delete(name);
      if (typeUrl === TYPE_URLS.routes && isNamed(client, entry.resource)) {
        client.leftRoutes = withEntry(client.leftRoutes, name, entry.resource);
      }
    }
    if (retained.size === 0) client.retained.delete(typeUrl);
    if (retained.size === before) continue;
    refreshOverlay(client, typeUrl);
    isReleased = true;
  }
  return isReleased;
}

/** What the client has of a dropped resource: where the newer content was held back, announced or rejected, the older. */
function shown(client: Client, resource: Resource): Resource | undefined {
  const { typeUrl, name } = resource;
  for (const sub of subscriptionsOf(client, typeUrl)) {
    if (typeUrl === TYPE_URLS.cluster && isRejected(client, sub, name)) return hadBefore(sub, resource);
  }
  const announced = client.announced.get(typeUrl)?.get(name);
  if (announced) return announced.resource;
  const held = client.heldBack.get(typeUrl);
  return held?.has(name) ? held.get(name) : resource;
}

/** What a client had of a cluster that it rejects. One that it brought along, only it knows. */
function hadBefore(sub: Subscription, rejected: Resource): Resource | undefined {
  if (sub.acked) return resourceIn(sub.acked, rejected.name);
  if (!mayHaveBrought(sub, rejected.name)) return undefined;
  return sub.mode === "delta" ? bodiless(rejected.typeUrl, rejected.name, "") : rejected;
}

/** Retains a resource; the names that go for it, where too many are retained. */
function retain(client: Client, resource: Resource | undefined, ordinal: number, nowMs: number): string[] {
  if (!resource || !isStaged(client) || !isWanted(client, resource)) return [];
  const { typeUrl, name } = resource;
  const retained = client.retained.get(typeUrl) ?? new Map<string, Retained>();
  client.retained = withEntry(client.retained, typeUrl, retained);
  retained.delete(name); // so that insertion order is the order of dropping
  retained.set(name, { resource, ordinal, sinceMs: nowMs, openedAtMs: undefined });
  if (retained.size <= client.context.options.maxRetained) return [];
  const [oldest] = retained.keys();
  retained.delete(oldest!);
  return [oldest!];
}

function tooMany({ context }: Client, [first, ...others]: readonly string[]): string {
  const which =
    others.length === 0 ? `${first} goes before its` : `${first} and ${others.length} others go before their`;
  return `more than ${context.options.maxRetained} dropped resources are retained: ${which} time`;
}

/** Whether the client has it, or may yet ask for it: what it was sent before may make it ask after the drop. */
function isWanted(client: Client, resource: Resource): boolean {
  if (isSubscribed(client, resource)) return true;
  // Who has all clusters is sent each; who names them asks when its routes do.
  const isCluster = resource.typeUrl === TYPE_URLS.cluster;
  const askers = isCluster && namesListeners(client) ? TRAFFIC_TYPES : (ASKERS.get(resource.typeUrl) ?? []);
  return client.types.some((type) => askers.includes(type.typeUrl));
}

function isSubscribed(client: Client, { typeUrl, name }: Resource): boolean {
  for (const { interest } of subscriptionsOf(client, typeUrl)) if (includes(interest, name)) return true;
  return false;
}

/** Whether it is subscribed by its name: what a wildcard covers says nothing of what is in use. */
function isNamed(client: Client, { typeUrl, name }: Resource): boolean {
  for (const { interest } of subscriptionsOf(client, typeUrl)) if (interest.names.names.has(name)) return true;
  return false;
}

/** What is the same for all that is retained of a type, and found out once: it may be thousands. */
interface Gates {
  readonly openAt: Map<number, boolean>;
  readonly isReferredTo: (resource: Resource) => boolean;
}

function mayGo(client: Client, entry: Retained, { openAt, isReferredTo }: Gates, nowMs: number): boolean {
  const { resource, ordinal } = entry;
  const isOpen = openAt.get(ordinal) ?? areGatesOpen(client, ordinal, nowMs);
  openAt.set(ordinal, isOpen);
  if (!isOpen || isReferredTo(resource)) {
    entry.openedAtMs = undefined;
    return false;
  }
  entry.openedAtMs ??= nowMs;
  if (!isSubscribed(client, resource)) return true;
  const goesAtMs = Math.max(
    entry.openedAtMs + lingerMs(client, resource.typeUrl),
    returningUntilMs(client),
    client.drains.untilMs(resource.typeUrl, resource.name),
  );
  if (goesAtMs > nowMs) wakeAt(client, goesAtMs);
  return goesAtMs <= nowMs;
}

/** Every gating type is answered for at that head or a later one, and nothing that the client is bound to ask for is open. */
function areGatesOpen(client: Client, ordinal: number, nowMs: number): boolean {
  if ((client.switched?.ordinal ?? 0) < ordinal || client.awaited.size > 0) return false;
  for (const typeUrl of GATING_TYPES) {
    for (const sub of subscriptionsOf(client, typeUrl)) {
      if (answeredAt(client, sub, nowMs) < ordinal) return false;
    }
  }
  return client.needs.areMetAt(ordinal);
}

/** The newest head answered for; a deadline ends silence, and what was sent then counts as taken (O1 "Waits"). */
function answeredAt(client: Client, sub: Subscription, nowMs: number): number {
  const [oldest] = sub.inFlight;
  if (!oldest) return sub.answered;
  const deadline = oldest.sentAtMs + silenceDeadlineOf(client);
  if (deadline <= nowMs) return oldest.ordinal;
  wakeAt(client, deadline);
  return sub.answered;
}

function lingerMs(client: Client, typeUrl: string): number {
  const { removalLingerMs, namedClusterLingerMs } = client.context.options;
  if (typeUrl === TYPE_URLS.cluster) {
    for (const { interest } of subscriptionsOf(client, typeUrl)) {
      if (!isCollective(interest)) return namedClusterLingerMs;
    }
  }
  return hasTraffic(client) ? removalLingerMs : 0;
}

/** Until when a client that came back, as yet with clusters only, may ask for listeners and routes (ADS); 0: they are not waited for. */
function returningUntilMs(client: Client): number {
  if (hasTraffic(client)) return 0;
  let untilMs = 0;
  for (const sub of subscriptionsOf(client, TYPE_URLS.cluster)) {
    if (sub.isFresh) untilMs = Math.max(untilMs, returnEndOf(client, sub));
  }
  return untilMs;
}

function hasTraffic({ types }: Client): boolean {
  return types.some((type) => TRAFFIC_TYPES.some((traffic) => traffic === type.typeUrl));
}
