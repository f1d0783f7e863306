import { TYPE_URLS } from "@fairlead/envoy-api";
import { NO_ENTRIES } from "../rare-map.ts";
import { announceNext, noteAnnounced } from "./announcing.ts";
import { bindAgain } from "./bind.ts";
import { closeStream } from "./client.ts";
import {
  type Client,
  type Effect,
  hasType,
  isStaged,
  returnDeadlineOf,
  silenceDeadlineOf,
  subscriptionsOf,
  wakeAt,
} from "./client-state.ts";
import { expireBlocks, isConfirmed, passWaves } from "./confirm.ts";
import { beat } from "./heartbeat.ts";
import { oweNewHosts } from "./hosts.ts";
import { namesListeners } from "./names-listeners.ts";
import { holdBack, ordinalOf, refreshSwitchOverlays, releaseAggregates, switchViews, targetOf } from "./overlay.ts";
import { askEarly, disownUnknown, resume } from "./resume.ts";
import { releaseRetained, retainDropped } from "./retain.ts";
import { settle } from "./settle.ts";
import type { Tier } from "./type-traits.ts";

/**
 * Decides what is to be sent now, given all that was taken before, and when time alone will change that
 * (`client.wakeAtMs`). What is referred to goes before what refers to it.
 */
export function turn(client: Client, nowMs: number): Effect[] {
  client.wakeAtMs = undefined;
  if (!client.head) return [];
  client.servedSinceMs ??= nowMs;
  const effects: Effect[] = [];
  if (client.polled.size > 0) forgetUnpolled(client, nowMs, effects);
  expire(client, nowMs);
  if (client.broken.length > 0) {
    bindAgain(client, client.broken, nowMs);
    client.broken = NONE;
  }
  if (client.announced.size > 0) noteAnnounced(client);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = progressOf(client, effects);
    settleTier(client, "make", nowMs, effects);
    advanceSwitch(client, nowMs, effects);
    announceNext(client, nowMs);
    settleTier(client, "switch", nowMs, effects);
    // What is released may release more: endpoints go when their cluster has gone.
    const isReleased = releaseAggregates(client, isConfirmed) || releaseRetained(client, nowMs);
    if (!isReleased && (isAtRest(client) || isSameProgress(before, progressOf(client, effects)))) break;
  }
  // What is new goes first: it renews what it brings.
  for (const { subscriptions } of client.types) for (const sub of subscriptions) beat(client, sub, nowMs, effects);
  // After all: names may have become needed in this very turn.
  const needEndMs = client.needs.size === 0 ? undefined : client.needs.nextEndMs(silenceDeadlineOf(client));
  if (needEndMs !== undefined) wakeAt(client, needEndMs);
  for (const name of client.brokenOff.keys())
    if (!client.needs.has(TYPE_URLS.endpoints, name)) client.brokenOff.delete(name);
  dropEmpty(client);
  return effects;
}

const NONE: readonly never[] = [];

/** What is empty again takes no memory again. */
function dropEmpty(client: Client): void {
  if (client.overlays.size === 0) client.overlays = NO_ENTRIES;
  if (client.retained.size === 0) client.retained = NO_ENTRIES;
  if (client.early.size === 0) client.early = NO_ENTRIES;
  if (client.heldBack.size === 0) client.heldBack = NO_ENTRIES;
  if (client.announced.size === 0) client.announced = NO_ENTRIES;
  if (client.blocked.size === 0) client.blocked = NO_ENTRIES;
  if (client.brokenOff.size === 0) client.brokenOff = NO_ENTRIES;
  if (client.awaited.size === 0) client.awaited = NO_ENTRIES;
}

/** Nothing waits for anything: the usual case, and the only one in most clients' lives. */
function isAtRest({ types, needs, blocked, heldBack, announced, retained }: Client): boolean {
  if (needs.size + blocked.size + heldBack.size + announced.size + retained.size > 0) return false;
  for (const { subscriptions } of types) for (const { isDirty } of subscriptions) if (isDirty) return false;
  return true;
}

/** Far more than the types that wait for one another. */
const MAX_ROUNDS = 100;

/** What has to stay the same for a turn to be over: else a type may go on that waited for one after it. */
interface Progress {
  readonly sent: number;
  readonly waiting: number;
  readonly switchedTo: number;
  readonly needs: number;
  readonly blocked: number;
  readonly heldBack: number;
  readonly announced: number;
}

function progressOf(
  { types, switched, needs, blocked, heldBack, announced }: Client,
  effects: readonly Effect[],
): Progress {
  let waiting = 0;
  for (const { subscriptions } of types) for (const { isDirty } of subscriptions) if (isDirty) waiting += 1;
  return {
    sent: effects.length,
    waiting,
    switchedTo: switched?.ordinal ?? 0,
    needs: needs.size,
    blocked: blocked.size,
    heldBack: heldBack.size,
    announced: announced.size,
  };
}

function isSameProgress(a: Progress, b: Progress): boolean {
  if (a.sent !== b.sent || a.waiting !== b.waiting || a.switchedTo !== b.switchedTo) return false;
  return a.needs === b.needs && a.blocked === b.blocked && a.heldBack === b.heldBack && a.announced === b.announced;
}

/** Who polls never says that it has left. */
function forgetUnpolled(client: Client, nowMs: number, effects: Effect[]): void {
  const { unpacedPollMs } = client.context.options;
  const patienceMs = client.pollGapMs === 0 ? unpacedPollMs : silenceDeadlineOf(client);
  for (const { id, polledAtMs } of client.polled.values()) {
    const untilMs = polledAtMs! + patienceMs;
    if (untilMs > nowMs) {
      wakeAt(client, untilMs);
      return;
    }
    closeStream(client, id, nowMs);
    effects.push({ kind: "forgotten", streamId: id });
  }
}

function expire(client: Client, nowMs: number): void {
  if (client.needs.size + client.awaited.size + client.blocked.size === 0) return;
  const silenceDeadlineMs = silenceDeadlineOf(client);
  client.needs.expire(nowMs, silenceDeadlineMs);
  for (const [typeUrl, { sinceMs, isPolled }] of client.awaited) {
    const untilMs = sinceMs + returnDeadlineOf(client, isPolled);
    // What is to lead a client that names its clusters to them can't wait for it to ask.
    const isThere = hasType(client, typeUrl) || (typeUrl === TYPE_URLS.cluster && namesListeners(client));
    if (isThere || untilMs <= nowMs) client.awaited.delete(typeUrl);
    else wakeAt(client, untilMs);
  }
  if (client.blocked.size > 0) expireBlocks(client, nowMs);
}

/** Settles every subscription of a tier's types that has something new to look at. */
function settleTier(client: Client, tier: Tier, nowMs: number, effects: Effect[]): void {
  for (const { typeUrl, traits, subscriptions } of client.types) {
    if (traits.tier !== tier) continue;
    for (const sub of subscriptions) {
      if (sub.resumes) resume(client, sub, sub.resumes, nowMs);
      if (typeUrl === TYPE_URLS.virtualHost) oweNewHosts(client, sub);
      if (sub.isDirty) {
        askEarly(client, sub);
        disownUnknown(client, sub);
      }
    }
    const view = targetOf(client, typeUrl);
    for (const sub of subscriptions) {
      if (sub.isDirty || sub.target !== view) settle(client, sub, view, nowMs, effects);
      else if (sub.inFlight.length === 0) sub.answered = ordinalOf(client, sub);
    }
  }
}

/** Moves listeners and routes to the newest head whose clusters are confirmed (O1.2). */
function advanceSwitch(client: Client, nowMs: number, effects: Effect[]): void {
  const from = client.switched!;
  let allowed = client.head!;
  if (isStaged(client)) {
    // What its routes may point to is confirmed over the stream that it opens instead of a broken one.
    if (client.awaited.has(TYPE_URLS.cluster)) allowed = from;
    for (const sub of subscriptionsOf(client, TYPE_URLS.cluster)) {
      const passed = passWaves(client, sub, nowMs);
      if (!passed) allowed = from;
      else if (passed.ordinal < allowed.ordinal) allowed = passed;
    }
  }
  if (allowed.ordinal <= from.ordinal && client.blocked.size === 0 && client.heldBack.size === 0) {
    if (client.early.size > 0) refreshSwitchOverlays(client);
    return;
  }
  const isPlain = client.blocked.size + client.heldBack.size + client.overlays.size + client.early.size === 0;
  const before = isPlain ? undefined : switchViews(client);
  if (allowed.ordinal > from.ordinal) {
    client.switched = allowed;
    if (isStaged(client)) effects.push(...retainDropped(client, from, allowed, "switch", nowMs));
    expireBlocks(client, nowMs);
  }
  if (before) holdBack(client, before);
  if (before || client.early.size > 0) refreshSwitchOverlays(client);
}
