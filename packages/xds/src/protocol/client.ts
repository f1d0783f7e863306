import { TYPE_URLS } from "@fairlead/envoy-api";
import { isSameParameters, type Parameters, selectVariants } from "../cache/select-variants.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import { withoutApiListeners } from "../cache/without-api-listeners.ts";
import { withEntry } from "../rare-map.ts";
import { SmallMap } from "../small-map.ts";
import { noteBrokenOff } from "./all-asked.ts";
import { answer } from "./answer.ts";
import { type Client, type ClientStream, type Effect, hasType, isStaged, joined, NO_EFFECTS } from "./client-state.ts";
import { takeOnDemand } from "./hosts.ts";
import { holdBackAggregates, refreshOverlay } from "./overlay.ts";
import type { Mode } from "./plan.ts";
import { type DeltaRequest, type SotwRequest, subscribeDelta, subscribeSotw } from "./request.ts";
import { retainDropped } from "./retain.ts";
import { type Head, openSubscription, type Subscription } from "./subscription.ts";
import { traitsOf } from "./type-traits.ts";

/**
 * The machine of one client. Deterministic and without I/O: events and the time come in, effects go out, and equal
 * events give equal effects. `take…` functions apply an event; {@link turn} then decides what is to be sent. Several
 * events may come before one turn: that is how changes conflate.
 */

/** A stream of this client opened. */
export function openStream(
  client: Client,
  { id, mode, isAggregated }: { readonly id: number; readonly mode: Mode; readonly isAggregated: boolean },
): void {
  // Not spread: what is, takes more memory.
  client.streams.set(id, {
    id,
    mode,
    isAggregated,
    subscriptions: new SmallMap(),
    isCongested: false,
    polledAtMs: undefined,
  });
}

/** A client polls for some names of a type: a stream that is sent something when it asks, and only then. */
export function openPolled(client: Client, streamId: number, nowMs: number): void {
  openStream(client, { id: streamId, mode: "sotw", isAggregated: false });
  const stream = client.streams.get(streamId)!;
  stream.isCongested = true;
  stream.polledAtMs = nowMs;
  client.polled = withEntry(client.polled, streamId, stream);
}

/** A stream of this client is gone, and its subscriptions with it. */
export function closeStream(client: Client, streamId: number, nowMs: number): void {
  const stream = client.streams.get(streamId);
  if (!stream) return;
  client.streams.delete(streamId);
  client.polled.delete(streamId);
  for (const sub of stream.subscriptions.values()) {
    if (sub.typeUrl === TYPE_URLS.endpoints) noteBrokenOff(client, sub);
    const type = client.types.find(({ typeUrl }) => typeUrl === sub.typeUrl)!;
    type.subscriptions = type.subscriptions.filter((other) => other !== sub);
  }
  client.types = client.types.filter(({ subscriptions }) => subscriptions.length > 0);
  for (const sub of stream.subscriptions.values()) {
    if (!isStaged(client)) break;
    // Streams of the other types come and go with what is asked for.
    if (BOUND.has(sub.typeUrl)) client.broken = [...client.broken, sub];
    if (hasType(client, sub.typeUrl)) continue;
    const isPolled = sub.polls !== undefined;
    if (sub.traits.isFullState) client.awaited = withEntry(client.awaited, sub.typeUrl, { sinceMs: nowMs, isPolled });
  }
  if (hasType(client, TYPE_URLS.cluster)) return;
  client.retained.delete(TYPE_URLS.cluster);
  refreshOverlay(client, TYPE_URLS.cluster);
}

/** What is asked for by the names that listeners and scopes say. */
const BOUND: ReadonlySet<string> = new Set([TYPE_URLS.routes, TYPE_URLS.extensionConfig]);

/** A new snapshot for this client, by a commit or because its group changed. */
export function takeSnapshot(client: Client, source: Snapshot, nowMs: number): readonly Effect[] {
  const before = client.head;
  // As with each request: nothing new, whatever of it the client is shown.
  if (before && client.source === source) return NO_EFFECTS;
  client.source = source;
  const selected = selectVariants(source, client.parameters);
  const snapshot = client.takesApiListeners ? selected : withoutApiListeners(selected);
  if (before?.snapshot === snapshot) return NO_EFFECTS;
  const head: Head = { snapshot, ordinal: (before?.ordinal ?? 0) + 1 };
  client.head = head;
  client.switched ??= head;
  if (!before || !isStaged(client)) return NO_EFFECTS;
  const effects = retainDropped(client, before, head, "make", nowMs);
  holdBackAggregates(client, before, head);
  return effects;
}

/** A request of a State-of-the-World stream. */
export function takeSotwRequest(
  client: Client,
  streamId: number,
  request: SotwRequest,
  nowMs: number,
): readonly Effect[] {
  const sub = subscriptionOn(client, streamId, request.typeUrl, nowMs);
  const shown = takeParameters(client, request.parameters, nowMs);
  const effects = joined(shown, answer(client, sub, request, nowMs));
  subscribeSotw(sub, request);
  return effects;
}

/** A request of a delta stream. */
export function takeDeltaRequest(
  client: Client,
  streamId: number,
  request: DeltaRequest,
  nowMs: number,
): readonly Effect[] {
  const sub = subscriptionOn(client, streamId, request.typeUrl, nowMs);
  const shown = takeParameters(client, request.parameters, nowMs);
  const effects = joined(shown, answer(client, sub, request, nowMs));
  subscribeDelta(sub, request);
  takeOnDemand(client, sub);
  return effects;
}

/** A client has one set of dynamic parameters for all that it asks for (TP2): those that it said last. */
function takeParameters(client: Client, parameters: Parameters, nowMs: number): readonly Effect[] {
  if (!parameters || isSameParameters(parameters, client.parameters)) return NO_EFFECTS;
  const { source } = client;
  client.parameters = parameters;
  client.source = undefined;
  const isNew = client.types.every(({ subscriptions }) => subscriptions.every(({ held }) => !held));
  // What it was never shown is not kept for it.
  if (isNew) client.head = client.switched = undefined;
  return source ? takeSnapshot(client, source, nowMs) : NO_EFFECTS;
}

/** A stream's reader fell behind, or caught up. While it is behind, its changes conflate and nothing is queued. */
export function setCongested(client: Client, streamId: number, isCongested: boolean): void {
  const stream = client.streams.get(streamId);
  if (stream) stream.isCongested = isCongested;
}

/** The subscription of a stream to a type: opened if it is the first that is heard of it. */
export function subscriptionOn(client: Client, streamId: number, typeUrl: string, nowMs: number): Subscription {
  const stream: ClientStream = client.streams.get(streamId)!;
  const known = stream.subscriptions.get(typeUrl);
  if (known) return known;
  const sub = openSubscription(stream, typeUrl, nowMs);
  stream.subscriptions.set(typeUrl, sub);
  addSubscription(client, typeUrl, sub);
  return sub;
}

function addSubscription(client: Client, typeUrl: string, sub: Subscription): void {
  const known = client.types.find((type) => type.typeUrl === typeUrl);
  if (known) known.subscriptions = [...known.subscriptions, sub];
  else {
    const added = { typeUrl, traits: traitsOf(typeUrl), subscriptions: [sub] };
    client.types = [...client.types, added].sort((a, b) => a.traits.order - b.traits.order);
  }
}
