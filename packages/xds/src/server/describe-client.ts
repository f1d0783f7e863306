import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Announced } from "../protocol/announcing.ts";
import { type Client, type Retained, subscriptionsOf } from "../protocol/client-state.ts";
import { endpointsNames } from "../protocol/cluster-endpoints.ts";
import type { Interest } from "../protocol/interest.ts";
import type { Nack as ProtocolNack, Subscription } from "../protocol/subscription.ts";
import type { ClientEntry } from "./client-entry.ts";
import { monotonicNowMs, wallTimeMs } from "./clock.ts";
import type { ClientStatus, Nack, RejectedResource, StageWait, SyncState, TypeStatus } from "./status.ts";

/** Most names listed of one subscription, and of one wait. */
const MAX_NAMES = 100;

/** A client's status as the admin API tells it. */
export function describeClient(entry: ClientEntry): ClientStatus {
  const { machine, node, connection, connectedAtMs, group, sessions } = entry;
  let types: TypeStatus[] | undefined;
  let waits: StageWait[] | undefined;
  return {
    node,
    group: group?.name,
    revision: group?.snapshot?.revision ?? 0,
    peer: connection.peer,
    connectedAtMs: wallTimeMs(connectedAtMs),
    isObserver: machine.isObserver,
    streams: [...sessions.keys()],
    // Told when asked for: of many thousands of clients most are only counted, or passed over.
    get types() {
      types ??= machine.types.flatMap(({ subscriptions }) => [...subscriptions].map((sub) => describeType(entry, sub)));
      return types;
    },
    get waits() {
      waits ??= [...describeWaits(machine)].map((wait) => ({ ...wait, sinceMs: wallTimeMs(wait.sinceMs) }));
      return waits;
    },
  };
}

function describeType(entry: ClientEntry, sub: Subscription): TypeStatus {
  const state = stateOf(entry, sub);
  return {
    typeUrl: sub.typeUrl,
    mode: sub.polls ? "poll" : sub.mode,
    streamId: sub.streamId,
    state,
    isSettled: isSettled(entry, sub),
    ackedVersion: sub.ackedVersion,
    sentVersion: sub.sentVersion,
    confirmedRevision: confirmedRevision(entry, sub, state),
    get names() {
      return namesOf(sub.interest);
    },
    lastAckAtMs: sub.lastAckAtMs === undefined ? undefined : wallTimeMs(sub.lastAckAtMs),
    nack: sub.nack && nackOf(sub.nack),
    get rejected() {
      return rejectedOf(sub);
    },
  };
}

function confirmedRevision(entry: ClientEntry, { typeUrl, acked, nack }: Subscription, state: SyncState): number {
  const newest = (state === "SYNCED" ? entry.group?.snapshot?.revision : acked?.base.revision) ?? 0;
  // What announces the next content is of a view in which that is already there.
  const announced =
    entry.machine.announced
      .get(typeUrl)
      ?.values()
      .map((one) => one.revision) ?? [];
  const revision = Math.min(newest, ...announced);
  // That parts of a rejected commit were taken does not confirm it (C5).
  return state === "REJECTED" && nack?.revision === revision ? revision - 1 : revision;
}

function nackOf({ code, message, version, atMs }: ProtocolNack): Nack {
  return { code, message, version, atMs: wallTimeMs(atMs) };
}

function rejectedOf({ rejected }: Subscription): RejectedResource[] {
  const listed: RejectedResource[] = [];
  for (const [name, { nack }] of rejected) {
    if (listed.length === MAX_NAMES) break;
    if (nack) listed.push({ name, message: nack.message, atMs: wallTimeMs(nack.atMs) });
  }
  return listed;
}

/** Whether nothing of a type is due to a client, nor any answer from it. */
function isSettled({ machine, isDirty }: ClientEntry, sub: Subscription): boolean {
  return machine.head !== undefined && !isDirty && !sub.isDirty && sub.inFlight.length === 0;
}

function stateOf(entry: ClientEntry, sub: Subscription): SyncState {
  const { machine } = entry;
  if (sub.rejected.size > 0) return "REJECTED";
  // Nothing of an unknown type is served, so there is nothing to be behind with.
  if (!machine.context.isKnownType(sub.typeUrl)) return "SYNCED";
  const { typeUrl, traits } = sub;
  const isStaged = machine.heldBack.has(typeUrl) || machine.announced.has(typeUrl);
  const lags = traits.tier === "switch" && (machine.switched !== machine.head || isStaged);
  return isSettled(entry, sub) && !lags ? "SYNCED" : "PENDING";
}

function namesOf(interest: Interest): string[] {
  const names = interest.kind === "wildcard" ? ["*"] : [];
  for (const name of interest.names.names) {
    if (names.length === MAX_NAMES) break;
    names.push(name);
  }
  return names;
}

function* describeWaits(machine: Client): Iterable<StageWait> {
  for (const [typeUrl, { sinceMs }] of machine.awaited) {
    const reason = "the client to open its stream for them again: its others are there";
    const stage = typeUrl === TYPE_URLS.cluster ? "switch" : "break";
    yield { stage, typeUrl, names: ["*"], reason, sinceMs };
  }
  for (const sub of subscriptionsOf(machine, TYPE_URLS.cluster)) yield* describeWaves(machine, sub);
  for (const [typeUrl, needs] of Map.groupBy(machine.needs.values(), (need) => need.typeUrl)) {
    if (typeUrl === TYPE_URLS.endpoints) continue; // told with their clusters
    const names = needs.slice(0, MAX_NAMES).map(({ name }) => name);
    const sinceMs = needs.reduce((oldest, need) => Math.min(oldest, need.sinceMs), Number.POSITIVE_INFINITY);
    yield { stage: "switch", typeUrl, names, reason: "the client's request and ACK of these names", sinceMs };
  }
  for (const [typeUrl, announced] of machine.announced) yield* describeAnnounced(typeUrl, announced);
  for (const [typeUrl, names] of machine.heldBack) yield describeHeldBack(machine, typeUrl, [...names.keys()]);
  for (const [typeUrl, retained] of machine.retained) yield* describeRetained(typeUrl, retained);
}

function* describeAnnounced(typeUrl: string, announced: ReadonlyMap<string, Announced>): Iterable<StageWait> {
  let sinceMs = monotonicNowMs();
  const clusters = new Set<string>();
  for (const entry of announced.values()) {
    sinceMs = Math.min(sinceMs, entry.sinceMs ?? sinceMs);
    for (const cluster of entry.waitsFor) if (clusters.size < MAX_NAMES) clusters.add(cluster);
  }
  const named = clusters.size > 0 ? `its request and ACK of ${[...clusters].join(", ")}` : "the ACK of that";
  const reason = `the client to take the clusters that are announced to it: ${named}`;
  yield { stage: "switch", typeUrl, names: [...announced.keys()].slice(0, MAX_NAMES), reason, sinceMs };
}

function describeHeldBack(machine: Client, typeUrl: string, names: readonly string[]): StageWait {
  const listed = names.slice(0, MAX_NAMES);
  if (typeUrl === TYPE_URLS.cluster) {
    const reason = "the ACK of the clusters that they take from";
    return { stage: "make", typeUrl, names: listed, reason, sinceMs: oldestOpenMs(machine) };
  }
  let sinceMs = monotonicNowMs();
  const blocked: string[] = [];
  for (const [name, block] of machine.blocked) {
    sinceMs = Math.min(sinceMs, block.sinceMs);
    if (blocked.length < MAX_NAMES) blocked.push(`${name} (${block.reason})`);
  }
  const reason = `they refer to clusters that the client has not taken: ${blocked.join(", ")}`;
  return { stage: "switch", typeUrl, names: listed, reason, sinceMs };
}

/** Since when clusters are under way to the client; now, where that is about to begin. */
function oldestOpenMs(machine: Client): number {
  let sinceMs = monotonicNowMs();
  for (const { waves, inFlight } of subscriptionsOf(machine, TYPE_URLS.cluster)) {
    for (const { sentAtMs } of [...waves, ...inFlight]) sinceMs = Math.min(sinceMs, sentAtMs);
  }
  return sinceMs;
}

function* describeWaves(machine: Client, sub: Subscription): Iterable<StageWait> {
  for (const { introduced, state, sentAtMs, head } of sub.waves) {
    const names = introduced.slice(0, MAX_NAMES).map(({ name }) => name);
    const typeUrl = sub.typeUrl;
    if (state === "sent") {
      const reason = `the ACK of revision ${head.snapshot.revision}`;
      yield { stage: "make", typeUrl, names, reason, sinceMs: sentAtMs };
      continue;
    }
    const waiting = introduced.filter((cluster) =>
      endpointsNames(cluster).some((name) => machine.needs.has(TYPE_URLS.endpoints, name)),
    );
    const reason = waiting.length > 0 ? "the ACK of their endpoints" : "time to warm";
    const of = waiting.length > 0 ? waiting.slice(0, MAX_NAMES).map(({ name }) => name) : names;
    yield { stage: "make", typeUrl, names: of, reason, sinceMs: sentAtMs };
  }
}

function* describeRetained(typeUrl: string, retained: ReadonlyMap<string, Retained>): Iterable<StageWait> {
  const lingering: string[] = [];
  const shut: string[] = [];
  let shutSinceMs = Number.POSITIVE_INFINITY;
  let lingeringSinceMs = Number.POSITIVE_INFINITY;
  for (const [name, { sinceMs, openedAtMs }] of retained) {
    (openedAtMs === undefined ? shut : lingering).push(name);
    if (openedAtMs === undefined) shutSinceMs = Math.min(shutSinceMs, sinceMs);
    else lingeringSinceMs = Math.min(lingeringSinceMs, openedAtMs);
  }
  if (shut.length > 0) {
    const reason = "listeners and routes that no longer refer to them to be ACKed";
    yield { stage: "break", typeUrl, names: shut.slice(0, MAX_NAMES), reason, sinceMs: shutSinceMs };
  }
  if (lingering.length > 0) {
    const reason = "lingering: requests and old listeners' connections may still need them";
    yield { stage: "break", typeUrl, names: lingering.slice(0, MAX_NAMES), reason, sinceMs: lingeringSinceMs };
  }
}
