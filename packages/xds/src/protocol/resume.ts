import { TYPE_URLS } from "@fairlead/envoy-api";
import { hostsFor } from "../cache/name-index.ts";
import type { Resource } from "../cache/resource.ts";
import { withEntry } from "../rare-map.ts";
import { takeUp } from "./all-asked.ts";
import { bindToAsk } from "./bind.ts";
import { bodiless, isBodiless } from "./bodiless.ts";
import { type Client, hasType, isStaged, returnDeadlineOf, wakeAt } from "./client-state.ts";
import { oweWarming } from "./confirm.ts";
import { resumeBeats } from "./heartbeat.ts";
import { nameSet } from "./name-set.ts";
import { namesListeners } from "./names-listeners.ts";
import { refreshOverlay, targetOf } from "./overlay.ts";
import { resumeDelta } from "./request.ts";
import { retainForReturning } from "./retain.ts";
import type { Resumption, Subscription } from "./subscription.ts";
import { stateVersion } from "./version.ts";
import { resourceIn, resourcesIn, typeOf } from "./view.ts";

/** Compares what a client that comes back says it has with what it is to have (C9, D1). */
export function resume(client: Client, sub: Subscription, resumption: Resumption, nowMs: number): void {
  sub.resumes = undefined;
  sub.returnedWith = resumption;
  if (resumption.mode === "delta") sub.brought = resumption.versions;
  const { typeUrl } = sub;
  if (typeUrl === TYPE_URLS.endpoints) takeUp(client, sub, resumption);
  expectOthers(client, sub, nowMs);
  if (resumption.mode === "sotw") {
    const view = targetOf(client, typeUrl);
    // What a client has already can be answered, or passed over, without waiting for anything.
    const isCurrent = resumption.version === stateVersion(view, sub.interest);
    if (isCurrent) recognize(client, sub, resourcesIn(view, sub.interest), nowMs);
    // Who polls has a version of just this content, and did not drop a name meanwhile: it asks for each set by itself.
    const hasAll = sub.polls !== undefined || (sub.traits.isFullState && sub.interest.kind === "wildcard");
    if (isCurrent && hasAll) {
      if (sub.polls) sub.ackedVersion = resumption.version;
      sub.held = view;
      sub.owesAll = undefined;
      resumeBeats(client, sub, view, nowMs);
    } else if (sub.traits.isRetained) {
      retainForReturning(client, sub, client.context.droppedLately(typeUrl), nowMs);
    }
    return;
  }
  if (sub.traits.isRetained) retainForReturning(client, sub, gone(client, typeUrl, resumption.versions), nowMs);
  const view = targetOf(client, typeUrl);
  resumeDelta(sub, resumption.versions, view);
  resumeBeats(client, sub, sub.held!, nowMs);
  if (typeUrl === TYPE_URLS.virtualHost) sub.onDemand = nameSet(resumption.versions.keys());
  oweWarming(client, sub);
  const known = resourcesIn(view, sub.interest).filter(
    ({ name, version }) => resumption.versions.get(name) === version,
  );
  recognize(client, sub, known, nowMs);
}

/**
 * The streams of a client that had one per type come back one by one, in any order. While that for all clusters is not there, its
 * listeners and routes stay as they are; while one of those that may lead to clusters is not there, nothing is taken away.
 */
function expectOthers(client: Client, sub: Subscription, nowMs: number): void {
  if (!isStaged(client) || sub.isAggregated) return;
  const isPolled = sub.polls !== undefined;
  const sinceMs = client.servedSinceMs!;
  const untilMs = sinceMs + returnDeadlineOf(client, isPolled);
  // Later, one that breaks is expected back by itself.
  if (untilMs <= nowMs) return;
  const { head } = client;
  for (const typeUrl of EXPECTED) {
    if (hasType(client, typeUrl) || (typeUrl === TYPE_URLS.cluster && namesListeners(client))) continue;
    if (typeUrl === TYPE_URLS.scopedRoutes && typeOf(head?.snapshot, typeUrl).resources.size === 0) continue;
    client.awaited = withEntry(client.awaited, typeUrl, { sinceMs, isPolled });
    wakeAt(client, untilMs);
  }
}

const EXPECTED = [TYPE_URLS.cluster, TYPE_URLS.listener, TYPE_URLS.scopedRoutes];

/** A client that comes back has these already: clusters can be used, and what others refer to it asks for again. */
function recognize(client: Client, sub: Subscription, known: readonly Resource[], nowMs: number): void {
  for (const { typeUrl, name } of known) if (typeUrl === TYPE_URLS.cluster) client.blocked.delete(name);
  bindToAsk(client, sub, known, client.head!.ordinal, nowMs);
}

/** What a delta client has and its group has not: with its content where that was dropped lately. */
function* gone(client: Client, typeUrl: string, versions: ReadonlyMap<string, string>): Iterable<Resource> {
  const lately = new Map([...client.context.droppedLately(typeUrl)].map((resource) => [resource.name, resource]));
  for (const [name, version] of versions) {
    const dropped = lately.get(name);
    yield dropped?.version === version ? dropped : bodiless(typeUrl, name, version);
  }
}

/** A name that exists only in a head not yet switched to is answered from that one, never as missing (O1). */
export function askEarly(client: Client, sub: Subscription): void {
  if (sub.traits.tier !== "switch" || client.switched === client.head) return;
  const asked = [...sub.owed.keys(), ...(sub.owesAll ? sub.interest.names.names : [])];
  const { resources: newest, index } = typeOf(client.head?.snapshot, sub.typeUrl);
  const view = targetOf(client, sub.typeUrl);
  const missing = asked
    .flatMap((name) => [name, ...hostsFor(index, name)])
    .filter((name) => !resourceIn(view, name) && newest.has(name));
  if (missing.length === 0) return;
  client.early = withEntry(client.early, sub.typeUrl, new Set([...(client.early.get(sub.typeUrl) ?? []), ...missing]));
  refreshOverlay(client, sub.typeUrl);
}

/** What is retained without its content can't be sent to who asks for it anew: it does not exist (D3). */
export function disownUnknown(client: Client, sub: Subscription): void {
  const retained = client.retained.get(sub.typeUrl);
  if (!retained) return;
  const asked = [...sub.owed.keys(), ...(sub.owesAll ? sub.interest.names.names : [])];
  const unknown = asked.filter((name) => {
    const known = retained.get(name);
    return known !== undefined && isBodiless(known.resource);
  });
  for (const name of unknown) retained.delete(name);
  if (unknown.length > 0) refreshOverlay(client, sub.typeUrl);
}
