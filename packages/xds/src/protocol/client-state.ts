import type { Resource } from "../cache/resource.ts";
import type { Parameters } from "../cache/select-variants.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import { NO_ENTRIES, type RareMap } from "../rare-map.ts";
import { SmallMap } from "../small-map.ts";
import type { Announced } from "./announcing.ts";
import { Drains } from "./drains.ts";
import { Needs } from "./needs.ts";
import type { Mode, Plan } from "./plan.ts";
import type { StageOptions } from "./stage-options.ts";
import type { Head, Sent, Subscription } from "./subscription.ts";
import type { TypeTraits } from "./type-traits.ts";
import type { Overlay } from "./view.ts";

/** What was dropped and is still shown to one client. */
export interface Retained {
  readonly resource: Resource;
  /** The head that dropped it. */
  readonly ordinal: number;
  readonly sinceMs: number;
  /** When the last gate opened; `undefined`: one is still shut. */
  openedAtMs: number | undefined;
}

/** A cluster that the client may not have, so that nothing new may point to it. */
export interface Blocked {
  /** `warming`: taken after a silence, and given `warmGraceMs` to warm without a sign. */
  readonly reason: "rejected" | "silent" | "warming";
  /** Of the response that brought it, where that is known; 0: it is not. */
  readonly ordinal: number;
  readonly sinceMs: number;
  /** Others take its endpoints too, so that their ACK does not end its silence. */
  readonly isShared?: boolean;
}

/** A stream that is expected (back). */
export interface Awaited {
  readonly sinceMs: number;
  /** One that polls: it comes at its pace. */
  readonly isPolled: boolean;
}

/** One stream of a client. */
export interface ClientStream {
  readonly id: number;
  readonly mode: Mode;
  /** ADS: all types on one stream, in the server's order. */
  readonly isAggregated: boolean;
  readonly subscriptions: SmallMap<string, Subscription>;
  /** Its reader is slow: nothing is sent until it has caught up. Of a polled one: no poll of it waits for an answer. */
  isCongested: boolean;
  /** When it was last polled, ms; `undefined`: it is a stream, and not a subscription by polls (REST). */
  polledAtMs: number | undefined;
}

/** What the machine tells its owner to do. */
export type Effect =
  | { readonly kind: "send"; readonly streamId: number; readonly sent: Sent }
  | { readonly kind: "acked"; readonly streamId: number; readonly typeUrl: string; readonly sent: Sent }
  | {
      readonly kind: "nacked";
      readonly streamId: number;
      readonly typeUrl: string;
      readonly sent: Sent;
      readonly code: number;
      readonly message: string;
    }
  /** It was polled no more, and is closed. */
  | { readonly kind: "forgotten"; readonly streamId: number }
  | {
      /** A resource is known to be what the client rejected. */
      readonly kind: "isolated";
      readonly streamId: number;
      readonly typeUrl: string;
      readonly name: string;
      /** The client's words of the smallest response with it. */
      readonly message: string;
    }
  | { readonly kind: "warning"; readonly typeUrl: string; readonly message: string };

/** Nothing is to be done. */
export const NO_EFFECTS: readonly Effect[] = [];

/** Some effects and then others; mostly one of the two is nothing. */
export function joined(first: readonly Effect[], then: readonly Effect[]): readonly Effect[] {
  if (first.length === 0) return then;
  return then.length === 0 ? first : [...first, ...then];
}

/** What the machine needs of the world, and may only ask for. */
export interface ClientContext {
  readonly options: StageOptions;
  /** The nonce of a built response for that plan, one greater than `after` in code unit order (C3). */
  nonceFor(plan: Plan, after: string): string;
  /** Whether anybody knows that type by now: until then SotW is silent, and delta has none of it (C2). */
  isKnownType(typeUrl: string): boolean;
  /** The protocols over which the client takes a time to live (O3). */
  readonly ttlModes: ReadonlySet<Mode>;
  /** Resources of a type that the client's group dropped within the last `listenerDrainMs` (C9). */
  droppedLately(typeUrl: string): Iterable<Resource>;
}

/** Subscriptions of one type, on whatever streams. */
export interface TypeSubscriptions {
  readonly typeUrl: string;
  readonly traits: TypeTraits;
  subscriptions: readonly Subscription[];
}

/**
 * One proxy across its streams (protocol.md, "Make before break"). Owned by the machine in `client.ts`; others read.
 */
export interface Client {
  readonly context: ClientContext;
  /** It only watches: nothing is staged for it, and it gates nothing. */
  readonly isObserver: boolean;
  /** It is shown listeners that are an `api_listener` only. An Envoy takes them in its bootstrap alone, and warns of each that is sent. */
  readonly takesApiListeners: boolean;
  readonly streams: SmallMap<number, ClientStream>;
  /** In the order in which a turn goes through them. */
  types: TypeSubscriptions[];
  head: Head | undefined;
  /** Its group's snapshot, of which `head` shows it the variants that are for it. */
  source: Snapshot | undefined;
  /** Its dynamic parameters; `undefined`: it never said any. */
  parameters: Parameters;
  /** The head whose listeners and routes this client may have: its clusters are confirmed (O1.2). */
  switched: Head | undefined;
  /** The head of the newest clusters sent. */
  clustersSent: number;
  overlays: RareMap<string, Overlay>;
  retained: RareMap<string, Map<string, Retained>>;
  /** Route configurations that were dropped and whose names are still subscribed: listeners that drain use them. */
  leftRoutes: RareMap<string, Resource>;
  /** Names that were asked for before their head was switched to. */
  early: RareMap<string, Set<string>>;
  heldBack: RareMap<string, Map<string, Resource | undefined>>;
  /** Routes, and listeners with routes inside, whose next clusters are announced. */
  announced: RareMap<string, ReadonlyMap<string, Announced>>;
  blocked: RareMap<string, Blocked>;
  readonly needs: Needs;
  readonly drains: Drains;
  /** Types whose one stream (all clusters, all listeners, all scopes) broke while others live, or is not back while others are. */
  awaited: RareMap<string, Awaited>;
  /** Streams that broke since the last turn, over which it has what listeners and scopes name. */
  broken: readonly Subscription[];
  /** When it could be answered first, ms; `undefined`: there is nothing for it yet. */
  servedSinceMs: number | undefined;
  /** Of streams that broke while clusters waited for their endpoints: how far each had asked ({@link Subscription.askedAfter}), by name. */
  brokenOff: RareMap<string, readonly number[]>;
  /** Its streams that are polled, by id, the one longest without a poll first. */
  polled: RareMap<number, ClientStream>;
  /** From one poll of a subscription to its next, ms, a moving average; 0: not known. */
  pollGapMs: number;
  /** When time alone will change something, ms; `undefined`: never. */
  wakeAtMs: number | undefined;
}

const NO_SUBSCRIPTIONS: readonly Subscription[] = [];

/** A client without streams. */
export function openClient(context: ClientContext, isObserver = false, takesApiListeners = true): Client {
  return {
    context,
    isObserver,
    takesApiListeners,
    streams: new SmallMap(),
    types: [],
    head: undefined,
    source: undefined,
    parameters: undefined,
    switched: undefined,
    clustersSent: 0,
    overlays: NO_ENTRIES,
    retained: NO_ENTRIES,
    leftRoutes: NO_ENTRIES,
    early: NO_ENTRIES,
    heldBack: NO_ENTRIES,
    announced: NO_ENTRIES,
    blocked: NO_ENTRIES,
    needs: new Needs(),
    drains: new Drains(),
    awaited: NO_ENTRIES,
    broken: NO_SUBSCRIPTIONS,
    servedSinceMs: undefined,
    brokenOff: NO_ENTRIES,
    polled: NO_ENTRIES,
    pollGapMs: 0,
    wakeAtMs: undefined,
  };
}

/** Every subscription of a type. */
export function subscriptionsOf(client: Client, typeUrl: string): readonly Subscription[] {
  for (const type of client.types) if (type.typeUrl === typeUrl) return type.subscriptions;
  return NO_SUBSCRIPTIONS;
}

/** Whether changes are staged for this client. */
export function isStaged(client: Client): boolean {
  return client.context.options.isStaged && !client.isObserver;
}

/** When this client's silence counts as consent, ms: one that polls is given three of its polls at least. */
export function silenceDeadlineOf({ context, pollGapMs }: Client): number {
  return Math.max(context.options.silenceDeadlineMs, 3 * pollGapMs);
}

/**
 * How long a client that came back is waited for, as to its other streams, ms: an Envoy with one per type opens each after a backoff of
 * its own, which grows as long as nothing comes over it. Polls come at their pace, and over ADS there is but one.
 */
export function returnDeadlineOf(client: Client, isAtPace: boolean): number {
  const silenceDeadlineMs = silenceDeadlineOf(client);
  return isAtPace ? silenceDeadlineMs : Math.max(client.context.options.returnDeadlineMs, silenceDeadlineMs);
}

/** Until when a stream that came back is given time for what others of its client have to do first, ms. */
export function returnEndOf(client: Client, sub: Subscription): number {
  const { openedAtMs } = sub;
  // It could be answered no sooner (O6).
  const sinceMs = Math.max(openedAtMs, client.servedSinceMs ?? openedAtMs);
  return sinceMs + returnDeadlineOf(client, isAtPace(sub));
}

/** Whether no stream of its client has a backoff of its own: there is but one, or it polls. */
export function isAtPace({ isAggregated, polls }: Subscription): boolean {
  return isAggregated || polls !== undefined;
}

/** Has time alone change something at `atMs`. */
export function wakeAt(client: Client, atMs: number): void {
  if (client.wakeAtMs === undefined || atMs < client.wakeAtMs) client.wakeAtMs = atMs;
}

/** Whether any stream of this client is for that type. */
export function hasType(client: Client, typeUrl: string): boolean {
  return client.types.some((type) => type.typeUrl === typeUrl);
}
