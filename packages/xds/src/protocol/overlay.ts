import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { withEntry } from "../rare-map.ts";
import { remember } from "../remember.ts";
import type { Client } from "./client-state.ts";
import { NO_NAMES } from "./name-set.ts";
import type { Head, Subscription } from "./subscription.ts";
import { traitsOf } from "./type-traits.ts";
import { type Difference, differences, differencesOfBases, NO_OVERLAY, typeOf, type View, viewOf } from "./view.ts";

/** Types in the order in which one may hold the next back: a listener waits for a route that is itself held back. */
const SWITCH_TYPES = [
  TYPE_URLS.extensionConfig,
  TYPE_URLS.routes,
  TYPE_URLS.virtualHost,
  TYPE_URLS.scopedRoutes,
  TYPE_URLS.listener,
];

/** The head that governs a type for this client: the newest, or the one it was switched to. */
export function headOf(client: Client, typeUrl: string): Head | undefined {
  return traitsOf(typeUrl).tier === "make" ? client.head : client.switched;
}

/** The place in the client's order of the head that governs a subscription; 0: there is none yet. */
export function ordinalOf(client: Client, sub: Subscription): number {
  return headOf(client, sub.typeUrl)?.ordinal ?? 0;
}

/** What this client is to hold of a type now. */
export function targetOf(client: Client, typeUrl: string): View {
  return viewOf(typeOf(headOf(client, typeUrl)?.snapshot, typeUrl), client.overlays.get(typeUrl) ?? NO_OVERLAY);
}

/** Makes a type's overlay anew of what is retained, held back, and asked for early. */
export function refreshOverlay(client: Client, typeUrl: string): void {
  const { overlays, early: asked, retained, heldBack, announced } = client;
  if (overlays.size + asked.size + retained.size + heldBack.size + announced.size === 0) return;
  const base = typeOf(headOf(client, typeUrl)?.snapshot, typeUrl).resources;
  const newest = typeOf(client.head?.snapshot, typeUrl).resources;
  const overlay = new Map<string, Resource | undefined>();
  const early = client.early.get(typeUrl);
  for (const name of early ?? []) {
    const resource = base.has(name) ? undefined : newest.get(name);
    if (resource) overlay.set(name, resource);
    else early!.delete(name);
  }
  if (early?.size === 0) client.early.delete(typeUrl);
  for (const [name, { resource }] of client.retained.get(typeUrl) ?? []) overlay.set(name, resource);
  for (const [name, resource] of client.heldBack.get(typeUrl) ?? []) {
    if (resource !== undefined || !overlay.has(name)) overlay.set(name, resource);
  }
  for (const [name, { resource }] of client.announced.get(typeUrl) ?? []) overlay.set(name, resource);
  if (overlay.size > 0) client.overlays = withEntry(client.overlays, typeUrl, overlay);
  else client.overlays.delete(typeUrl);
}

/**
 * Holds back clusters that take from others (aggregates): a changed one would be used by the client at once, while
 * those that it newly takes from still warm. It goes when they are confirmed.
 */
export function holdBackAggregates(client: Client, from: Head, to: Head): void {
  const typeUrl = TYPE_URLS.cluster;
  const before = typeOf(from.snapshot, typeUrl);
  const after = typeOf(to.snapshot, typeUrl);
  if (before === after) return;
  const changed = differencesOfBases(before, after);
  if (!client.heldBack.has(typeUrl) && !remember(aggregates, changed, hasAggregate)) return;
  const held = client.heldBack.get(typeUrl) ?? new Map<string, Resource | undefined>();
  for (const difference of changed) {
    const { name } = difference;
    const takesFromOthers = isAggregate(difference);
    if (!difference.before || !takesFromOthers) held.delete(name);
    else if (!held.has(name)) held.set(name, difference.before);
  }
  if (held.size > 0) client.heldBack = withEntry(client.heldBack, typeUrl, held);
  else client.heldBack.delete(typeUrl);
  refreshOverlay(client, typeUrl);
}

const aggregates = new WeakMap<readonly Difference[], boolean>();

function hasAggregate(changed: readonly Difference[]): boolean {
  return changed.some(isAggregate);
}

function isAggregate({ after }: Difference): boolean {
  return after?.facts.references.some(({ typeUrl }) => typeUrl === TYPE_URLS.cluster) === true;
}

/** Lets aggregates go whose clusters are all confirmed; whether any went. */
export function releaseAggregates(client: Client, isConfirmed: (client: Client, cluster: string) => boolean): boolean {
  const typeUrl = TYPE_URLS.cluster;
  const held = client.heldBack.get(typeUrl);
  if (!held) return false;
  const newest = typeOf(client.head?.snapshot, typeUrl).resources;
  const before = held.size;
  for (const name of held.keys()) {
    const clusters = newest.get(name)?.facts.references.filter((reference) => reference.typeUrl === typeUrl) ?? [];
    if (clusters.every((reference) => isConfirmed(client, reference.name))) held.delete(name);
  }
  if (held.size === 0) client.heldBack.delete(typeUrl);
  if (held.size === before) return false;
  refreshOverlay(client, typeUrl);
  return true;
}

/**
 * Holds back what needs a blocked cluster: such a listener or route stays as the client has it, everything else goes
 * on (O1 "NACKs"). `before` is what the client was to hold of each type until now.
 */
export function holdBack(client: Client, before: ReadonlyMap<string, View>): void {
  if (client.blocked.size === 0 && client.heldBack.size === 0) return;
  const held = new Map<string, Map<string, Resource | undefined>>();
  for (const typeUrl of SWITCH_TYPES) {
    const names = new Map<string, Resource | undefined>();
    const plain = viewOf(typeOf(client.switched?.snapshot, typeUrl), NO_OVERLAY);
    for (const difference of differences(before.get(typeUrl) ?? plain, plain, EVERYTHING)) {
      if (mustWait(client, held, difference)) names.set(difference.name, difference.before);
    }
    if (names.size > 0) held.set(typeUrl, names);
  }
  for (const typeUrl of SWITCH_TYPES) client.heldBack.delete(typeUrl);
  for (const [typeUrl, names] of held) client.heldBack = withEntry(client.heldBack, typeUrl, names);
}

/** The views of all types that are switched, as this client has them now. */
export function switchViews(client: Client): Map<string, View> {
  return new Map(SWITCH_TYPES.map((typeUrl) => [typeUrl, targetOf(client, typeUrl)]));
}

/** Refreshes the overlays of all types that are switched. */
export function refreshSwitchOverlays(client: Client): void {
  for (const typeUrl of SWITCH_TYPES) refreshOverlay(client, typeUrl);
}

const EVERYTHING = { kind: "wildcard", names: NO_NAMES } as const;

function mustWait(
  client: Client,
  held: ReadonlyMap<string, ReadonlyMap<string, Resource | undefined>>,
  { after }: Difference,
): boolean {
  if (!after) return false;
  return after.facts.references.some(({ typeUrl, name }) => {
    if (typeUrl === TYPE_URLS.cluster) return client.blocked.has(name);
    const waiting = held.get(typeUrl);
    return waiting?.has(name) === true && waiting.get(name) === undefined;
  });
}
