import { xdsChannel } from "../channels.ts";
import { openPolled } from "../protocol/client.ts";
import { joined } from "../protocol/client-state.ts";
import { nameSet } from "../protocol/name-set.ts";
import type { Plan } from "../protocol/plan.ts";
import { losePollAnswer, takePoll, wholeAnswer } from "../protocol/poll.ts";
import type { ErrorDetail, Sent } from "../protocol/subscription.ts";
import { countPush } from "../traffic.ts";
import type { NodeClaim } from "../wire/node.ts";
import type { ClientEntry } from "./client-entry.ts";
import type { ClientRegistry } from "./client-registry.ts";
import { monotonicNowMs } from "./clock.ts";
import type { Groups } from "./groups.ts";
import type { Outbox } from "./outbox.ts";
import { openSession, type Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { NodeIdentity } from "./source.ts";
import { nextStreamId } from "./stream-id.ts";
import type { Connection, ServerStream } from "./transport.ts";
import type { TurnQueue } from "./turn-queue.ts";

/** A poll, by whatever way it came. */
export interface PollRequest {
  readonly typeUrl: string;
  readonly node: NodeClaim;
  readonly versionInfo: string;
  readonly resourceNames: readonly string[];
  readonly errorDetail: ErrorDetail | undefined;
}

/** The way that a poll came: it shows in logs and metrics. */
export type PollWay = "rest" | "fetch";

/** What a poll is answered. */
export type PollAnswer =
  | {
      readonly kind: "content";
      readonly plan: Plan;
      /** To be called once the answer has left, with its size; or that it has not, and then it counts as not given. */
      sent(bytes: number): void;
      lost(): void;
    }
  /** The client has what there is; `whole` is that. */
  | { readonly kind: "unchanged"; whole(): Plan }
  /** Nothing is known to answer yet; the reason, for the client's log. */
  | { readonly kind: "not-ready"; readonly reason: string }
  | { readonly kind: "too-many"; readonly reason: string };

/** What polls lead to. */
export interface PollParts {
  readonly registry: ClientRegistry;
  readonly groups: Groups;
  readonly turns: TurnQueue;
  readonly outbox: Outbox;
  readonly sessions: Sessions;
  readonly limits: { readonly maxPolledSubscriptions: number; readonly maxPolledSubscriptionsPerClient: number };
  isReady(): boolean;
}

const identified = xdsChannel("fairlead:xds:stream-identified");
const polled = xdsChannel("fairlead:xds:polled");
const forgotten = xdsChannel("fairlead:xds:poller-forgotten");
const pushed = xdsChannel("fairlead:xds:pushed");

/** What one client polls for. */
interface Poller {
  /** Under which it was identified. */
  readonly streamId: number;
  /** By type and names. */
  readonly sessions: Map<string, Session>;
}

/** Those who poll (REST, unary `Fetch`): whose each poll is, and what it is answered (protocol.md, O1 "REST"). */
export class Polls {
  readonly #parts: PollParts;
  readonly #pollers = new Map<ClientEntry, Poller>();
  #count = 0;

  constructor(parts: PollParts) {
    this.#parts = parts;
  }

  /** Answers a poll at once. */
  take(connection: Connection, userAgent: string, request: PollRequest, way: PollWay): PollAnswer {
    const { groups, outbox, turns } = this.#parts;
    const { typeUrl } = request;
    const tell = (answer: "content" | "unchanged" | "refused") => {
      if (polled.hasSubscribers) polled.publish({ nodeId: request.node.id, typeUrl, way, answer });
    };
    const refuse = (kind: "not-ready" | "too-many", reason: string): PollAnswer => {
      tell("refused");
      return { kind, reason };
    };
    if (!this.#parts.isReady()) return refuse("not-ready", "not every source of configuration has loaded yet");
    const session = this.#sessionOf(connection, userAgent, request);
    if (typeof session === "string") return refuse("too-many", session);
    const entry = session.entry!;
    const { machine } = entry;
    const { id: streamId } = session.stream;
    const nowMs = monotonicNowMs();
    const shown = groups.catchUp(entry, nowMs);
    const effects = joined(shown, takePoll(machine, streamId, request, nowMs));
    groups.index(session, typeUrl);
    const answer: { sent: Sent | undefined } = { sent: undefined };
    session.polled = answer;
    outbox.perform(entry, effects, nowMs);
    turns.wakeAt(entry, machine.wakeAtMs);
    if (!machine.head) return refuse("not-ready", whyNothing(entry));
    if (!answer.sent) {
      tell("unchanged");
      return { kind: "unchanged", whole: () => wholeAnswer(machine, streamId) };
    }
    tell("content");
    const { sent } = answer;
    return {
      kind: "content",
      plan: sent.plan,
      sent: (bytes) => publishPushed(entry, streamId, sent, bytes),
      lost: () => losePollAnswer(machine, streamId),
    };
  }

  /** A subscription is polled no more. */
  forget(entry: ClientEntry, streamId: number): void {
    const session = entry.sessions.get(streamId);
    if (!session) return;
    const poller = this.#pollers.get(entry)!;
    for (const [key, known] of poller.sessions) {
      if (known !== session) continue;
      poller.sessions.delete(key);
      this.#count -= 1;
    }
    this.#parts.sessions.close(session);
    if (poller.sessions.size > 0) return;
    this.#pollers.delete(entry);
    forgotten.publish({ streamId: poller.streamId, nodeId: entry.node.id });
  }

  #sessionOf(connection: Connection, userAgent: string, request: PollRequest): Session | string {
    const { registry, sessions, limits } = this.#parts;
    const identity: NodeIdentity = { ...request.node, sans: connection.sans };
    const known = registry.findPoller(connection, identity);
    const key = `${request.typeUrl} ${nameSet(request.resourceNames).key}`;
    const polledBy = known && this.#pollers.get(known)?.sessions;
    const session = polledBy?.get(key);
    if (session) return session;
    if (this.#count >= limits.maxPolledSubscriptions)
      return `more than ${limits.maxPolledSubscriptions} subscriptions by polls`;
    if (polledBy && polledBy.size >= limits.maxPolledSubscriptionsPerClient)
      return `more than ${limits.maxPolledSubscriptionsPerClient} subscriptions by polls of one client`;
    const entry = known ?? sessions.admit(identity, connection, userAgent, false);
    if (entry.pollers.length === 0) registry.addPoller(entry, connection);
    return this.#open(entry, key, request.typeUrl, connection, userAgent);
  }

  #open(entry: ClientEntry, key: string, typeUrl: string, connection: Connection, userAgent: string): Session {
    const streamId = nextStreamId();
    const forget = () => this.forget(entry, streamId);
    const session = openSession(polledStream(streamId, connection, userAgent, forget), {
      mode: "sotw",
      typeUrl,
      isUnary: true,
    });
    session.entry = entry;
    entry.sessions.set(streamId, session);
    this.#count += 1;
    openPolled(entry.machine, streamId, monotonicNowMs());
    const poller = this.#pollers.get(entry) ?? this.#identify(entry, streamId, connection);
    poller.sessions.set(key, session);
    return session;
  }

  #identify(entry: ClientEntry, streamId: number, { peer }: Connection): Poller {
    const poller: Poller = { streamId, sessions: new Map() };
    this.#pollers.set(entry, poller);
    const { node, group, machine } = entry;
    identified.publish({ streamId, nodeId: node.id, peer, group: group?.name, isObserver: machine.isObserver });
    return poller;
  }
}

/** A subscription by polls among a client's streams: there is nothing to write to between polls. */
function polledStream(id: number, connection: Connection, userAgent: string, forget: () => void): ServerStream {
  return {
    id,
    connection,
    path: "",
    userAgent,
    deadlineMs: undefined,
    queuedBytes: 0,
    send: () => {},
    pause: () => {},
    resume: () => {},
    end: forget,
  };
}

function publishPushed({ node }: ClientEntry, streamId: number, { plan, cause, nonce }: Sent, bytes: number): void {
  countPush(plan.typeUrl, cause, bytes);
  if (!pushed.hasSubscribers) return;
  const { typeUrl, version, resources } = plan;
  const base = { streamId, nodeId: node.id, typeUrl, cause, version, nonce, bytes };
  pushed.publish({ ...base, resources: resources.length, removed: 0 });
}

function whyNothing({ group }: ClientEntry): string {
  if (!group) return "no group is for this node: see the rules for groups";
  return `group ${group.name} does not exist yet`;
}
