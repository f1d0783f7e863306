import { parseTypeUrl, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import { xdsChannel } from "../channels.ts";
import { status } from "../grpc/status.ts";
import { closeStream, openStream, setCongested, takeDeltaRequest, takeSotwRequest } from "../protocol/client.ts";
import { type ClientContext, joined, openClient } from "../protocol/client-state.ts";
import type { Mode, Plan } from "../protocol/plan.ts";
import type { StageOptions } from "../protocol/stage-options.ts";
import type { NodeClaim } from "../wire/node.ts";
import { WireError } from "../wire/wire-error.ts";
import { type ClientEntry, openEntry } from "./client-entry.ts";
import type { ClientRegistry } from "./client-registry.ts";
import { monotonicNowMs } from "./clock.ts";
import type { Groups } from "./groups.ts";
import { discoveryMethodOf } from "./methods.ts";
import type { Outbox } from "./outbox.ts";
import { type AnyRequest, readRequest, refusalOf } from "./read-request.ts";
import { openSession, type Session } from "./session.ts";
import type { NodeIdentity } from "./source.ts";
import type { Connection, GrpcStatus, ServerStream, StreamHandler } from "./transport.ts";
import { ttlModesOf } from "./ttl-modes.ts";
import type { TurnQueue } from "./turn-queue.ts";

/** Unknown types that are told of; a client may make up any number. */
const MAX_UNKNOWN_TYPES = 1_000;

/** What an Envoy calls itself (`user_agent_name`). */
const ENVOY = "envoy";

/** Types that xDS defines, whatever the schema has. */
const BUILT_IN: ReadonlySet<string> = new Set(Object.values(TYPE_URLS));

/** What sessions are made of and lead to. */
export interface SessionParts {
  readonly registry: ClientRegistry;
  readonly groups: Groups;
  readonly turns: TurnQueue;
  readonly outbox: Outbox;
  readonly stage: StageOptions;
  /** Takes up a call that is answered once. */
  openFetch(session: Session): StreamHandler;
  isKnownType(typeUrl: string): boolean;
  isObserver(userAgent: string): boolean;
}

const opened = xdsChannel("fairlead:xds:stream-opened");
const identified = xdsChannel("fairlead:xds:stream-identified");
const closed = xdsChannel("fairlead:xds:stream-closed");
const evicted = xdsChannel("fairlead:xds:evicted");
const warning = xdsChannel("fairlead:xds:warning");

/** The xDS streams: whose each is, and what it asks and answers. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #unknownTypes = new Set<string>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Takes up a stream; a status refuses it. */
  open(stream: ServerStream): StreamHandler | GrpcStatus {
    const method = discoveryMethodOf(stream.path);
    if (!method) return status("UNIMPLEMENTED", `unknown method ${stream.path}`);
    const session = openSession(stream, method);
    // A delta client that comes back names all it holds, before it is known which group's that is.
    stream.connection.allow({ messageBytes: this.#parts.groups.mostNamesBytes });
    opened.publish({ streamId: stream.id, peer: stream.connection.peer, path: stream.path });
    return method.isUnary ? this.#openUnary(session) : new SessionHandler(this, session);
  }

  #openUnary(session: Session): StreamHandler {
    const fetch = this.#parts.openFetch(session);
    const onClose = (reason: string) => {
      fetch.onClose(reason);
      this.onClose(session, reason);
    };
    return { ...fetch, onClose };
  }

  /** A stream of a client is gone, or a subscription by polls; with the last, the client. */
  close(session: Session): void {
    const { registry, groups, turns } = this.#parts;
    const { entry, stream } = session;
    if (!entry?.sessions.has(stream.id)) return;
    groups.unindex(session);
    entry.sessions.delete(stream.id);
    if (entry.sessions.size > 0) {
      closeStream(entry.machine, stream.id, monotonicNowMs());
      turns.add(entry);
      return;
    }
    groups.leave(entry);
    registry.remove(entry);
    turns.remove(entry);
  }

  /** A stream's next message. */
  takeMessage(session: Session, message: Uint8Array): void {
    const { stream } = session;
    try {
      const request = readRequest(session, message);
      const refusal = refusalOf(session, request);
      if (refusal) stream.end(status("INVALID_ARGUMENT", refusal));
      else this.#takeRequest(session, request);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      stream.end(status("INVALID_ARGUMENT", error.message));
    }
  }

  #takeRequest(session: Session, request: AnyRequest): void {
    const { groups, outbox, turns } = this.#parts;
    const entry = session.entry ?? this.#identify(session, request);
    const { machine } = entry;
    const { stream } = session;
    const { typeUrl } = request;
    if (!this.isKnown(typeUrl, entry)) this.#tellUnknown(typeUrl, entry);
    const nowMs = monotonicNowMs();
    // A request is answered from the newest state, which a client that no change concerned may not have met yet.
    const shown = groups.catchUp(entry, nowMs);
    const take =
      request.mode === "sotw"
        ? takeSotwRequest(machine, stream.id, request, nowMs)
        : takeDeltaRequest(machine, stream.id, request, nowMs);
    const effects = joined(shown, take);
    groups.index(session, typeUrl);
    outbox.perform(entry, effects, nowMs);
    turns.add(entry);
  }

  #identify(session: Session, { node, typeUrl }: AnyRequest): ClientEntry {
    const { stream, method } = session;
    const { connection } = stream;
    const identity = identityOf(node!, connection.sans);
    const isAggregated = method.typeUrl === undefined;
    const joined = isAggregated ? undefined : this.#parts.registry.find(connection, identity, typeUrl);
    const entry = joined ?? this.admit(identity, connection, stream.userAgent, isAggregated);
    entry.sessions.set(stream.id, session);
    session.entry = entry;
    openStream(entry.machine, { id: stream.id, mode: method.mode, isAggregated });
    const { peer } = stream.connection;
    const { isObserver } = entry.machine;
    identified.publish({ streamId: stream.id, nodeId: identity.id, peer, group: entry.group?.name, isObserver });
    return entry;
  }

  /** Takes up a client that no other stream is of. */
  admit(node: NodeIdentity, connection: Connection, userAgent: string, isAggregated: boolean): ClientEntry {
    const { registry, groups, stage, isObserver } = this.#parts;
    const context = new EntryContext(this, this.#parts, stage, ttlModesOf(node.clientFeatures));
    const machine = openClient(context, isObserver(userAgent), node.userAgentName !== ENVOY);
    const entry = openEntry({ machine, node, connection, connectedAtMs: monotonicNowMs() });
    context.entry = entry;
    registry.add(entry, isAggregated);
    groups.assign(entry);
    return entry;
  }

  /** A stream's queue is empty: if that is news, what it missed is sent. */
  catchBreath({ entry, stream }: Session): void {
    if (!entry?.machine.streams.get(stream.id)?.isCongested) return;
    setCongested(entry.machine, stream.id, false);
    this.#parts.turns.add(entry);
  }

  /** A stream is gone, and why. */
  onClose(session: Session, reason: string): void {
    const { entry, stream } = session;
    const nodeId = entry?.node.id ?? "";
    if (reason.startsWith("evicted")) {
      evicted.publish({ streamId: stream.id, nodeId, queuedBytes: stream.queuedBytes });
    }
    const isObserver = entry?.machine.isObserver ?? false;
    const openMs = Math.round(monotonicNowMs() - session.openedAtMs);
    closed.publish({ streamId: stream.id, nodeId, reason, openMs, isObserver });
    this.close(session);
  }

  /** Whether anybody knows that type. */
  isKnown(typeUrl: string, entry: ClientEntry): boolean {
    if (BUILT_IN.has(typeUrl) || entry.group?.snapshot?.types.has(typeUrl)) return true;
    return this.#parts.isKnownType(typeUrl);
  }

  /** Once for each type: a newer client asks for it again and again. */
  #tellUnknown(typeUrl: string, entry: ClientEntry): void {
    if (this.#unknownTypes.size < MAX_UNKNOWN_TYPES && !this.#unknownTypes.has(typeUrl)) {
      this.#unknownTypes.add(typeUrl);
      const message = `unknown type ${parseTypeUrl(typeUrl) ?? typeUrl}: nothing of it is served`;
      warning.publish({ nodeId: entry.node.id, typeUrl, message });
    }
  }
}

/** Not spread: what is, takes more memory. */
function identityOf(claim: NodeClaim, sans: readonly string[]): NodeIdentity {
  const { id, cluster, locality, metadata, userAgentName, userAgentVersion, clientFeatures } = claim;
  return { id, cluster, locality, metadata, userAgentName, userAgentVersion, clientFeatures, sans };
}

// One object each, and no closures: there are tens of thousands of streams.

/** What a stream tells of. */
class SessionHandler implements StreamHandler {
  readonly #sessions: Sessions;
  readonly #session: Session;

  constructor(sessions: Sessions, session: Session) {
    this.#sessions = sessions;
    this.#session = session;
  }

  onMessage(message: Uint8Array): void {
    this.#sessions.takeMessage(this.#session, message);
  }

  /** A client that half-closes can neither ACK nor ask: it is answered by ending the stream. */
  onEnd(): void {
    this.#session.stream.end(status("OK"));
  }

  onDrain(): void {
    this.#sessions.catchBreath(this.#session);
  }

  onClose(reason: string): void {
    this.#sessions.onClose(this.#session, reason);
  }
}

/** What the machine of one client asks for. */
class EntryContext implements ClientContext {
  readonly options: StageOptions;
  readonly ttlModes: ReadonlySet<Mode>;
  readonly #sessions: Sessions;
  readonly #parts: SessionParts;
  /** Set as soon as there is one. */
  entry: ClientEntry | undefined;

  constructor(sessions: Sessions, parts: SessionParts, options: StageOptions, ttlModes: ReadonlySet<Mode>) {
    this.#sessions = sessions;
    this.#parts = parts;
    this.options = options;
    this.ttlModes = ttlModes;
    this.entry = undefined;
  }

  nonceFor(plan: Plan, after: string): string {
    return this.#parts.outbox.nonceFor(plan, after);
  }

  isKnownType(typeUrl: string): boolean {
    return this.#sessions.isKnown(typeUrl, this.entry!);
  }

  droppedLately(typeUrl: string): Iterable<Resource> {
    return this.entry!.group?.droppedSince(typeUrl, monotonicNowMs() - this.options.listenerDrainMs) ?? [];
  }
}
