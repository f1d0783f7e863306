import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { withEntry } from "../rare-map.ts";
import { remember } from "../remember.ts";
import { isBodiless } from "./bodiless.ts";
import { type Client, type Effect, wakeAt } from "./client-state.ts";
import { expiringIn } from "./expiring.ts";
import { coverageOf } from "./hosts.ts";
import type { Interest } from "./interest.ts";
import { ordinalOf } from "./overlay.ts";
import { type Plan, withinBudget } from "./plan.ts";
import { spell } from "./spelling.ts";
import { hadOf, owe, type Sent, type Subscription } from "./subscription.ts";
import { digestOf, stateVersion } from "./version.ts";
import { resourceIn, resourcesIn, type View } from "./view.ts";

/**
 * What is sent at an interval of half the time to live: a heartbeat may be late by as much again, behind a response that
 * is not answered or a reader that is slow. Resources of one subscription with the same time to live go together.
 */
const BEATS_PER_TTL = 2;

/** Most names in one heartbeat: with long ones it still is below the size budget (C7). The rest follows its ACK. */
const MAX_NAMES = 10_000;

/** How many heartbeats are remembered of one view: for clients with other names, or at another place in the list. */
const MAX_BEATS_PER_VIEW = 256;

const shared = new WeakMap<View, Map<string, MadeBeat | undefined>>();

/** Whether a subscription's resources may expire: a client that polls could not be told in time. */
export function takesTtl(client: Client, { mode, polls }: Subscription): boolean {
  return polls === undefined && client.context.ttlModes.has(mode);
}

/** A client takes, or says that it has, resources with these times to live: from then on they are kept alive (O3). */
export function startBeats(client: Client, sub: Subscription, ttlsMs: Iterable<number>, firstAtMs: number): void {
  if (!takesTtl(client, sub)) return;
  for (const ttlMs of ttlsMs) {
    if (!sub.beats.has(ttlMs))
      sub.beats = withEntry(sub.beats, ttlMs, { dueAtMs: firstAtMs + ttlMs / BEATS_PER_TTL, after: "" });
  }
}

/** What a client that comes back has was sent to it before, and nobody knows when: it is kept alive at once. */
export function resumeBeats(client: Client, sub: Subscription, held: View, nowMs: number): void {
  if (!takesTtl(client, sub)) return;
  for (const { ttlMs } of expiringIn(held, coverageOf(client, sub))) {
    sub.beats = withEntry(sub.beats, ttlMs!, { dueAtMs: nowMs, after: "" });
  }
}

/** Sends a subscription's heartbeat if one is due, else says when it will be. */
export function beat(client: Client, sub: Subscription, nowMs: number, effects: Effect[]): void {
  if (sub.beats.size === 0 || !sub.held) return;
  const [ttlMs, { dueAtMs, after }] = [...sub.beats].reduce((a, b) => (b[1].dueAtMs < a[1].dueAtMs ? b : a));
  if (dueAtMs > nowMs) {
    wakeAt(client, dueAtMs);
    return;
  }
  if (client.streams.get(sub.streamId)!.isCongested || isAwaiting(client, sub, nowMs)) return;
  const made = planBeat(client, sub, sub.held, ttlMs, after);
  if (!made) {
    sub.beats.delete(ttlMs);
    beat(client, sub, nowMs, effects);
    return;
  }
  const { plan, isPart } = made;
  if (isPart) sub.beats = withEntry(sub.beats, ttlMs, { dueAtMs: nowMs, after: plan.resources.at(-1)!.name });
  else renew(sub, isWholeState(sub) ? [...sub.beats.keys()] : [ttlMs], nowMs);
  const spelled = spell(plan, sub.spellings);
  const sent: Sent = {
    nonce: client.context.nonceFor(spelled, sub.lastNonce),
    plan,
    spelled,
    cause: "ttl",
    view: sub.held,
    ordinal: ordinalOf(client, sub),
    sentAtMs: nowMs,
    afterClusters: client.clustersSent,
  };
  sub.inFlight = [...sub.inFlight, sent];
  sub.lastNonce = sent.nonce;
  effects.push({ kind: "send", streamId: sub.streamId, sent });
  for (const next of sub.beats.values()) {
    if (next.dueAtMs > nowMs) wakeAt(client, next.dueAtMs);
    else isAwaiting(client, sub, nowMs); // its turn comes with the answer to this one, or with silence
  }
}

/** The client does not know what it was to keep: that is sent in full, as after an expiry that nobody saw. */
export function refuseHeartbeat(sub: Subscription, { resources }: Plan): void {
  for (const { name } of resources) if (!sub.owed.has(name)) owe(sub, name, "ttl");
}

/**
 * Where absence deletes (W2), a heartbeat must be the whole state. Envoy's older client for SotW, its default, does not
 * renew what comes without its body, and of virtual hosts a missing body means a missing host.
 */
function formOf({ mode, typeUrl }: Subscription): "heartbeat" | "refresh" {
  return mode === "sotw" || typeUrl === TYPE_URLS.virtualHost ? "refresh" : "heartbeat";
}

function isWholeState({ mode, traits }: Subscription): boolean {
  return mode === "sotw" && traits.isFullState;
}

/** One outstanding, and two where the first is silent (C3): then a heartbeat may be what saves the rest. */
function isAwaiting(client: Client, { inFlight }: Subscription, nowMs: number): boolean {
  const [oldest] = inFlight;
  if (!oldest || inFlight.length > 1) return oldest !== undefined;
  const patientUntilMs = oldest.sentAtMs + client.context.options.answerPatienceMs;
  if (patientUntilMs > nowMs) wakeAt(client, patientUntilMs);
  return patientUntilMs > nowMs;
}

function renew(sub: Subscription, ttlsMs: readonly number[], nowMs: number): void {
  for (const ttlMs of ttlsMs)
    sub.beats = withEntry(sub.beats, ttlMs, { dueAtMs: nowMs + ttlMs / BEATS_PER_TTL, after: "" });
}

/** A response that renews, and whether there is more of that time to live to be renewed. */
interface MadeBeat {
  readonly plan: Plan;
  readonly isPart: boolean;
}

function planBeat(client: Client, sub: Subscription, held: View, ttlMs: number, after: string): MadeBeat | undefined {
  const interest = coverageOf(client, sub);
  const make = () => (isWholeState(sub) ? makeWhole(sub, held, interest) : makePart(sub, held, interest, ttlMs, after));
  if (sub.rejected.size > 0) return make();
  const names = `${interest.kind} ${interest.names.key} ${interest.within?.key ?? ""}`;
  const key = `${sub.mode} ${ttlMs} ${after} ${sub.mode === "sotw" ? sub.ackedVersion : ""} ${names}`;
  const beats = remember(shared, held, () => new Map<string, MadeBeat | undefined>());
  if (!beats.has(key)) {
    if (beats.size >= MAX_BEATS_PER_VIEW) beats.clear();
    beats.set(key, make());
  }
  return beats.get(key);
}

/** What it has with that time to live: but for what it rejected, where that is what it had before. */
function makePart(
  sub: Subscription,
  held: View,
  interest: Interest,
  ttlMs: number,
  after: string,
): MadeBeat | undefined {
  // What is gone can't be told in SotW (W2): that it expires is the better.
  const rejected = [...sub.rejected.keys()].filter((name) => sub.mode === "delta" || resourceIn(held, name));
  const names = new Set([...expiringIn(held, interest).map(({ name }) => name), ...rejected]);
  const had = [...names].sort().flatMap((name) => hadOf(sub, held, name) ?? []);
  const due = had.filter((resource) => resource.ttlMs === ttlMs && resource.name > after);
  const kind = formOf(sub);
  const resources = kind === "refresh" ? withinBudget(due).resources : due.slice(0, MAX_NAMES);
  if (resources.length === 0) return undefined;
  const version = sub.mode === "sotw" ? sub.ackedVersion : digestOf(sub.typeUrl, resources, []);
  return { plan: planOf(sub, kind, resources, version), isPart: resources.length < due.length };
}

function makeWhole(sub: Subscription, held: View, interest: Interest): MadeBeat | undefined {
  const names = new Set([...resourcesIn(held, interest).map(({ name }) => name), ...sub.rejected.keys()]);
  const resources = [...names].sort().flatMap((name) => hadOf(sub, held, name) ?? []);
  // What only the client knows can't be sent, and must not be left out.
  if (resources.every(({ ttlMs }) => ttlMs === undefined) || resources.some(isBodiless)) return undefined;
  const isAsSent = sub.rejected.size === 0;
  const version = isAsSent ? stateVersion(held, interest) : digestOf(sub.typeUrl, resources, []);
  return { plan: planOf(sub, "refresh", resources, version), isPart: false };
}

function planOf(
  { typeUrl, mode }: Subscription,
  kind: Plan["kind"],
  resources: readonly Resource[],
  version: string,
): Plan {
  return {
    kind,
    typeUrl,
    mode,
    resources,
    removed: [],
    aliases: [],
    errors: [],
    dropped: [],
    version,
    rest: [],
    isOverBudget: false,
    withTtl: true,
  };
}
