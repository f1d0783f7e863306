import type { ChannelMessages, ClientStatus } from "@fairlead/xds";
import { listen, listenSource } from "../telemetry/listen.ts";
import type { Fault } from "../validation/fault.ts";
import { watchConvergence } from "./convergence.ts";
import { revisionDocument } from "./revision-document.ts";
import type { RevisionHistory } from "./revision-history.ts";
import type { EventType } from "./schemas/events.ts";

/** The most faults told with one event. */
const MAX_FAULTS = 20;

/** Something that happened. */
export interface AdminEvent {
  /** Grows by one with every event. */
  readonly sequence: number;
  readonly type: EventType;
  /** The groups that it concerns; empty: none in particular. */
  readonly groups: readonly string[];
  /** What is told of it; plain JSON. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The newest events, and those to come. */
export interface EventLog {
  /** Tells this process's events from those of another. */
  readonly epoch: string;
  /** The sequence of the oldest that is remembered; if there is none, of the next to come. */
  oldest(): number;
  /** The sequence of the next to come. */
  next(): number;
  get(sequence: number): AdminEvent | undefined;
  /** Calls back after each event; returns the function that stops it. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** What an event log is made of. */
export interface EventLogParts {
  readonly history: RevisionHistory;
  readonly clients: () => Iterable<ClientStatus>;
  readonly reachOf: (group: string, revision: number) => ReadonlySet<string>;
  /** Events that are remembered. */
  readonly maxEvents: number;
}

/** Remembers what happens from now on: revisions, proxies that come, go, accept and reject, sources at fault. */
export function createEventLog({ maxEvents, ...parts }: EventLogParts): EventLog {
  const ring: AdminEvent[] = new Array(maxEvents);
  const listeners = new Set<() => void>();
  let next = 1;

  const push = (event: AdminEvent) => {
    ring[next % maxEvents] = event;
    next++;
    for (const listener of listeners) listener();
  };
  const add = (type: EventType, groups: readonly (string | undefined)[], data: Record<string, unknown>) => {
    push(new LoggedEvent(next, type, groupsOf(groups), data, asItIs));
  };
  const stops = [
    listenToStreams(add),
    listen("fairlead:xds:acked", (ack) => {
      if (!ack.isObserver) push(new LoggedEvent(next, "acked", groupsOf([ack.group]), ack, ackData));
    }),
    parts.history.subscribe((revision) => {
      const groups = revision.groups.map(({ group }) => group);
      add("revision", groups, revisionDocument(revision));
    }),
    listenSource("fairlead:source:faulty", ({ source, group, faults }) => {
      add("faulty", [group], {
        source,
        group,
        faults: faults.slice(0, MAX_FAULTS).map(plain),
        faultCount: faults.length,
      });
    }),
    listenSource("fairlead:source:recovered", ({ source, group, faultyMs }) => {
      add("recovered", [group], { source, group, faultyMs: Math.round(faultyMs) });
    }),
  ];

  // To see who has what, all clients are looked at: only while somebody listens.
  let stopConvergence: (() => void) | undefined;
  const followConvergence = () => {
    const isWanted = listeners.size > 0;
    if (!isWanted) {
      stopConvergence?.();
      stopConvergence = undefined;
    } else stopConvergence ??= watchConvergence(parts, (data) => add("converged", [data.group], { ...data }));
  };

  return {
    epoch: Date.now().toString(36),
    oldest: () => Math.max(1, next - maxEvents),
    next: () => next,
    get: (sequence) => (sequence < next ? ring[sequence % maxEvents] : undefined),
    subscribe(listener) {
      listeners.add(listener);
      followConvergence();
      return () => {
        listeners.delete(listener);
        followConvergence();
      };
    },
    close() {
      listeners.clear();
      followConvergence();
      for (const stop of stops) stop();
    },
  };
}

/** There is one for each ACK of each proxy, and hardly any is ever read: its data is made when it is. */
class LoggedEvent<T> implements AdminEvent {
  readonly sequence: number;
  readonly type: EventType;
  readonly groups: readonly string[];
  readonly #atMs = Date.now();
  readonly #seen: T;
  readonly #describe: (seen: T) => Record<string, unknown>;

  constructor(
    sequence: number,
    type: EventType,
    groups: readonly string[],
    seen: T,
    describe: (seen: T) => Record<string, unknown>,
  ) {
    this.sequence = sequence;
    this.type = type;
    this.groups = groups;
    this.#seen = seen;
    this.#describe = describe;
  }

  get data(): Readonly<Record<string, unknown>> {
    return { at: new Date(this.#atMs).toISOString(), ...this.#describe(this.#seen) };
  }
}

function asItIs(data: Record<string, unknown>): Record<string, unknown> {
  return data;
}

function ackData(ack: ChannelMessages["fairlead:xds:acked"]): Record<string, unknown> {
  const { nodeId: node, group, typeUrl, version, convergenceMs } = ack;
  const convergence = convergenceMs === undefined ? {} : { convergenceMs: Math.round(convergenceMs) };
  return { node, group, typeUrl, version, ...convergence };
}

function groupsOf(groups: readonly (string | undefined)[]): readonly string[] {
  const [only] = groups;
  if (groups.length === 1) return only === undefined ? NO_GROUPS : (groups as readonly string[]);
  return groups.filter((group) => group !== undefined);
}

const NO_GROUPS: readonly string[] = [];

type Add = (type: EventType, groups: readonly (string | undefined)[], data: Record<string, unknown>) => void;

/** A proxy is connected from its first stream to its last; those that only watch are not told of. */
function listenToStreams(add: Add): () => void {
  interface Proxy {
    readonly node: string;
    readonly peer: string;
    readonly group: string | undefined;
    streamCount: number;
  }
  /** By peer; a connection that proxies share has several. */
  const proxiesByPeer = new Map<string, readonly Proxy[]>();
  const proxyByStream = new Map<number, Proxy>();
  const leave = (streamId: number, reason: string) => {
    const proxy = proxyByStream.get(streamId);
    if (!proxy) return;
    proxyByStream.delete(streamId);
    proxy.streamCount -= 1;
    if (proxy.streamCount > 0) return;
    const { node, peer, group } = proxy;
    const others = proxiesByPeer.get(peer)?.filter((other) => other !== proxy) ?? [];
    if (others.length > 0) proxiesByPeer.set(peer, others);
    else proxiesByPeer.delete(peer);
    add("disconnected", [group], { node, peer, group, reason });
  };
  const stops = [
    listen("fairlead:xds:stream-identified", ({ streamId, nodeId: node, peer, group, isObserver }) => {
      if (isObserver) return;
      const known = proxiesByPeer.get(peer);
      const joined = known?.find((proxy) => proxy.node === node);
      const proxy = joined ?? { node, peer, group, streamCount: 0 };
      proxy.streamCount += 1;
      proxyByStream.set(streamId, proxy);
      if (joined) return;
      proxiesByPeer.set(peer, known ? [...known, proxy] : [proxy]);
      add("connected", [group], { node, peer, group });
    }),
    listen("fairlead:xds:stream-closed", ({ streamId, reason }) => leave(streamId, reason)),
    listen("fairlead:xds:poller-forgotten", ({ streamId }) => leave(streamId, "it polls no more")),
    listen("fairlead:xds:nacked", ({ nodeId: node, group, isObserver, typeUrl, version, code, message }) => {
      if (!isObserver) add("nacked", [group], { node, group, typeUrl, version, code, message });
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function plain({ ...fault }: Fault): Record<string, unknown> {
  return fault;
}
