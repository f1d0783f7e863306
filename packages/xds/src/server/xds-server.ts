import { hostname } from "node:os";
import { parseTypeUrl, shortNameOf } from "@fairlead/envoy-api";
import type { Snapshot } from "../cache/snapshot.ts";
import { xdsChannel } from "../channels.ts";
import { status } from "../grpc/status.ts";
import {
  closeStream,
  openStream,
  setCongested,
  takeDeltaRequest,
  takeSnapshot,
  takeSotwRequest,
} from "../protocol/client.ts";
import { type ClientContext, type Effect, openClient } from "../protocol/client-state.ts";
import { DEFAULT_STAGE_OPTIONS, type StageOptions } from "../protocol/stage-options.ts";
import type { Sent } from "../protocol/subscription.ts";
import { turn } from "../protocol/turn.ts";
import { differenceCount } from "../protocol/view.ts";
import { WireError } from "../wire/wire-error.ts";
import type { ClientEntry } from "./client-entry.ts";
import { ClientRegistry } from "./client-registry.ts";
import { monotonicNowMs, monotonicTimeMs } from "./clock.ts";
import { describeClient } from "./describe-client.ts";
import { Group } from "./group.ts";
import { type Http2ListenOptions, listenHttp2 } from "./http2/listen.ts";
import { discoveryMethodOf } from "./methods.ts";
import { type AnyRequest, readRequest } from "./read-request.ts";
import { type ResponseFrame, ResponseFrames } from "./response-frames.ts";
import { openSession, type Session } from "./session.ts";
import type { NodeIdentity, SnapshotEvent, SnapshotSource } from "./source.ts";
import type { ClientStatus } from "./status.ts";
import type { GrpcStatus, ServerStream, StreamHandler } from "./transport.ts";
import { TurnQueue } from "./turn-queue.ts";

/** Options of {@link createXdsServer}. */
export interface XdsServerOptions {
  /** Where the snapshots come from. */
  readonly source: SnapshotSource;
  /** Where and how to listen. */
  readonly listen: Http2ListenOptions;
  /** What differs from the defaults of make before break. */
  readonly stage?: Partial<StageOptions> | undefined;
  /** `control_plane.identifier` of every response (protocol.md C8). Default: the host's name. */
  readonly controlPlaneId?: string | undefined;
  /**
   * Whether a type is known, though no snapshot holds it and xDS does not define it: an unknown type must not cost a
   * client its stream (protocol.md C2). Default: only those are known.
   */
  readonly isKnownType?: ((typeUrl: string) => boolean) | undefined;
  /** Whether a user agent only watches: it neither gates nor counts. Default: those that begin with `fairlead-watch`. */
  readonly isObserver?: ((userAgent: string) => boolean) | undefined;
}

/** Work that was done, counted: it grows with what changes and who is interested, not with what is there. */
export interface WorkCounts {
  /** Names found to differ from one snapshot to another, by all servers of the process. */
  readonly differences: number;
  /** Responses encoded. */
  readonly builds: number;
  /** Responses written to streams. */
  readonly writes: number;
  /** Times that a client was looked at. */
  readonly turns: number;
}

/** A listening xDS server. */
export interface XdsServer {
  /** The bound address. */
  readonly address: { readonly host: string; readonly port: number };
  readonly work: WorkCounts;
  /** Every connected client, observers included. */
  clients(): Iterable<ClientStatus>;
  /** Sends GOAWAY, lets streams end, takes no new ones; resolves when the last stream is gone. */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/**
 * Starts an xDS server: ADS and a stream per type, State of the World and delta, with make before break.
 *
 * @throws XdsError `listen-failed`, `tls-invalid`, `invalid-limit`
 */
export async function createXdsServer(options: XdsServerOptions): Promise<XdsServer> {
  const server = new Server(options);
  const transport = await listenHttp2(options.listen, server);
  return {
    address: transport.address,
    get work() {
      return server.work;
    },
    clients: () => server.clients(),
    drain: () => transport.drain(),
    close: async () => {
      server.stop();
      await transport.close();
    },
  };
}

/** Types that one stream may ask for: each costs a subscription. */
const MAX_TYPES = 256;
/** Bytes queued on one stream above which it is sent nothing more until its reader has caught up. */
const CONGESTED_BYTES = 1024 * 1024;

const opened = xdsChannel("fairlead:xds:stream-opened");
const identified = xdsChannel("fairlead:xds:stream-identified");
const closed = xdsChannel("fairlead:xds:stream-closed");
const pushed = xdsChannel("fairlead:xds:pushed");
const acked = xdsChannel("fairlead:xds:acked");
const nacked = xdsChannel("fairlead:xds:nacked");
const warning = xdsChannel("fairlead:xds:warning");
const evicted = xdsChannel("fairlead:xds:evicted");

class Server {
  readonly #options: XdsServerOptions;
  readonly #source: SnapshotSource;
  readonly #stage: StageOptions;
  readonly #groups = new Map<string, Group>();
  readonly #registry = new ClientRegistry();
  readonly #sessions = new Set<Session>();
  readonly #frames: ResponseFrames;
  readonly #turns: TurnQueue;
  readonly #unsubscribe: () => void;
  readonly #unknownTypes = new Set<string>();
  /** Frames of the turn that is being taken, by nonce: one plan may have several, for streams that had the first. */
  readonly #unsent = new Map<string, ResponseFrame>();
  #writes = 0;

  constructor(options: XdsServerOptions) {
    this.#options = options;
    this.#source = options.source;
    this.#stage = { ...DEFAULT_STAGE_OPTIONS, ...options.stage };
    this.#frames = new ResponseFrames(options.controlPlaneId ?? hostname());
    this.#turns = new TurnQueue((entry) => this.#turn(entry));
    this.#unsubscribe = options.source.subscribe((event) => this.#takeEvent(event));
  }

  get work(): WorkCounts {
    return {
      differences: differenceCount(),
      builds: this.#frames.buildCount,
      writes: this.#writes,
      turns: this.#turns.count,
    };
  }

  *clients(): Iterable<ClientStatus> {
    for (const entry of this.#registry.entries()) yield describeClient(entry);
  }

  stop(): void {
    this.#unsubscribe();
    this.#turns.stop();
  }

  onStream(stream: ServerStream): StreamHandler | GrpcStatus {
    const method = discoveryMethodOf(stream.path);
    if (!method) return status("UNIMPLEMENTED", `unknown method ${stream.path}`);
    const session = openSession(stream, method);
    this.#sessions.add(session);
    opened.publish({ streamId: stream.id, peer: stream.connection.peer, path: stream.path });
    return {
      onMessage: (message) => this.#takeMessage(session, message),
      // A client that half-closes can neither ACK nor ask: it is answered by ending the stream.
      onEnd: () => stream.end(status("OK")),
      onDrain: () => this.#catchBreath(session),
      onClose: (reason) => this.#close(session, reason),
    };
  }

  #takeMessage(session: Session, message: Uint8Array): void {
    const { stream } = session;
    try {
      const request = readRequest(session, message);
      const refusal = this.#refusal(session, request);
      if (refusal) stream.end(status("INVALID_ARGUMENT", refusal));
      else this.#takeRequest(session, request);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      stream.end(status("INVALID_ARGUMENT", error.message));
    }
  }

  /** Why a request can't be taken, for the client's log. */
  #refusal(session: Session, { typeUrl, node, isTypeImplied }: AnyRequest): string | undefined {
    const { entry, method } = session;
    if (!entry && !node) return "the first request of a stream must carry its node";
    if (session.namesBytes.size > MAX_TYPES) return `more than ${MAX_TYPES} types on one stream`;
    if (typeUrl === "") return "type_url is empty: on an aggregated stream every request names its type";
    if (method.typeUrl !== undefined && !isTypeImplied && typeUrl !== method.typeUrl) {
      return `this service is for ${method.typeUrl}, not for ${typeUrl}`;
    }
    return undefined;
  }

  #takeRequest(session: Session, request: AnyRequest): void {
    const entry = session.entry ?? this.#identify(session, request);
    const { machine } = entry;
    const { stream } = session;
    const { typeUrl } = request;
    if (!this.#isKnown(typeUrl, entry) && request.mode === "sotw") return;
    const nowMs = monotonicNowMs();
    // A request is answered from the newest state, which a client that no change concerned may not have met yet.
    const effects = this.#catchUp(entry, nowMs);
    if (request.mode === "sotw") effects.push(...takeSotwRequest(machine, stream.id, request, nowMs));
    else effects.push(...takeDeltaRequest(machine, stream.id, request, nowMs));
    this.#reindex(session, typeUrl);
    this.#perform(entry, effects, nowMs);
    this.#turns.add(entry);
  }

  #identify(session: Session, { node, typeUrl }: AnyRequest): ClientEntry {
    const { stream, method } = session;
    const { connection } = stream;
    const identity: NodeIdentity = { ...node!, sans: connection.sans };
    const isAggregated = method.typeUrl === undefined;
    const joined = isAggregated ? undefined : this.#registry.find(connection, identity, typeUrl);
    const entry = joined ?? this.#admit(identity, session, isAggregated);
    entry.sessions.set(stream.id, session);
    session.entry = entry;
    openStream(entry.machine, { id: stream.id, mode: method.mode, isAggregated });
    identified.publish({ streamId: stream.id, nodeId: identity.id, group: entry.group?.name });
    return entry;
  }

  #admit(node: NodeIdentity, { stream }: Session, isAggregated: boolean): ClientEntry {
    const isObserver = (this.#options.isObserver ?? isWatching)(stream.userAgent);
    const sinceMs = () => monotonicNowMs() - this.#stage.listenerDrainMs;
    const context: ClientContext = {
      options: this.#stage,
      nonceFor: (plan, after) => {
        const frame = this.#frames.frameFor(plan, after);
        this.#unsent.set(frame.nonce, frame);
        return frame.nonce;
      },
      droppedLately: (typeUrl) => entry.group?.droppedSince(typeUrl, sinceMs()) ?? [],
    };
    const entry: ClientEntry = {
      machine: openClient(context, isObserver),
      node,
      connection: stream.connection,
      connectedAtMs: monotonicNowMs(),
      sessions: new Map(),
      group: undefined,
      isDirty: false,
    };
    this.#registry.add(entry, isAggregated);
    this.#assign(entry);
    return entry;
  }

  #assign(entry: ClientEntry): void {
    const name = this.#source.groupOf(entry.node);
    if (entry.group?.name === name) return;
    this.#leaveGroup(entry);
    if (name === undefined) return;
    const group =
      this.#groups.get(name) ?? new Group(name, this.#source.snapshotOf(name), this.#source.formerOf?.(name));
    this.#groups.set(name, group);
    group.clients.add(entry);
    entry.group = group;
    for (const session of entry.sessions.values()) {
      for (const [typeUrl, interest] of session.indexed) group.interests.move(session, typeUrl, undefined, interest);
    }
    this.#turns.add(entry);
  }

  #leaveGroup(entry: ClientEntry): void {
    const { group } = entry;
    if (!group) return;
    for (const session of entry.sessions.values()) {
      for (const [typeUrl, interest] of session.indexed) group.interests.move(session, typeUrl, interest, undefined);
    }
    group.clients.delete(entry);
    entry.group = undefined;
    // What it dropped is remembered for those who come back, as long as the source still has the group.
    if (group.clients.size === 0 && !this.#source.snapshotOf(group.name)) this.#groups.delete(group.name);
  }

  #reindex(session: Session, typeUrl: string): void {
    const interest = session.entry?.machine.streams.get(session.stream.id)?.subscriptions.get(typeUrl)?.interest;
    const before = session.indexed.get(typeUrl);
    if (!interest || interest === before) return;
    session.entry?.group?.interests.move(session, typeUrl, before, interest);
    session.indexed.set(typeUrl, interest);
  }

  #takeEvent(event: SnapshotEvent): void {
    if (event.kind === "snapshots") {
      const committedAtMs = monotonicTimeMs(event.committedAtMs);
      for (const snapshot of event.snapshots) this.#takeGroupSnapshot(snapshot, committedAtMs);
      return;
    }
    if (event.kind === "deleted") {
      // Its clients keep what they have (O6).
      if (this.#groups.get(event.group)?.clients.size === 0) this.#groups.delete(event.group);
      return;
    }
    if (event.kind === "regrouped") for (const entry of this.#registry.entries()) this.#assign(entry);
    for (const entry of this.#registry.entries()) this.#turns.add(entry);
  }

  #takeGroupSnapshot(snapshot: Snapshot, committedAtMs: number): void {
    const known = this.#groups.get(snapshot.group);
    if (!known) {
      // Remembered from the start, so that a client that comes later can be told what was dropped before it came.
      this.#groups.set(snapshot.group, new Group(snapshot.group, snapshot, this.#source.formerOf?.(snapshot.group)));
      for (const entry of this.#registry.entries()) this.#assign(entry);
      return;
    }
    const before = known.snapshot;
    known.take(snapshot, committedAtMs);
    if (!before) {
      for (const entry of this.#registry.entries()) this.#assign(entry);
      for (const entry of known.clients) this.#turns.add(entry);
      return;
    }
    known.interests.forEachInterested(before, snapshot, ({ entry }) => entry && this.#turns.add(entry));
  }

  #turn(entry: ClientEntry): void {
    if (!this.#source.isReady) return;
    const nowMs = monotonicNowMs();
    const effects = this.#catchUp(entry, nowMs);
    effects.push(...turn(entry.machine, nowMs));
    this.#perform(entry, effects, nowMs);
    this.#unsent.clear();
    this.#turns.wakeAt(entry, entry.machine.wakeAtMs);
  }

  #catchUp(entry: ClientEntry, nowMs: number): Effect[] {
    const snapshot = entry.group?.snapshot;
    if (!snapshot || !this.#source.isReady) return [];
    return takeSnapshot(entry.machine, snapshot, nowMs);
  }

  #perform(entry: ClientEntry, effects: readonly Effect[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.#send(entry, effect.streamId, effect.sent);
      else if (effect.kind === "acked") publishAck(entry, effect, nowMs);
      else if (effect.kind === "nacked") publishNack(entry, effect);
      else warning.publish({ nodeId: entry.node.id, typeUrl: effect.typeUrl, message: effect.message });
    }
  }

  #send(entry: ClientEntry, streamId: number, { plan, cause, nonce }: Sent): void {
    const session = entry.sessions.get(streamId);
    if (!session) return;
    const { stream } = session;
    const { bytes } = this.#unsent.get(nonce)!;
    const groupBytes = entry.group?.bytes ?? 0;
    if (groupBytes > 1_000_000) stream.connection.allow({ queuedBytes: 2 * groupBytes, messageBytes: groupBytes });
    stream.send(bytes);
    this.#writes += 1;
    if (stream.queuedBytes > CONGESTED_BYTES) setCongested(entry.machine, streamId, true);
    if (!pushed.hasSubscribers) return;
    const { typeUrl, version, resources, removed } = plan;
    pushed.publish({
      streamId,
      nodeId: entry.node.id,
      typeUrl,
      cause,
      version,
      nonce,
      bytes: bytes.length,
      resources: resources.length,
      removed: removed.length,
    });
  }

  /** A stream's queue is empty: if that is news, what it missed is sent. */
  #catchBreath({ entry, stream }: Session): void {
    if (!entry?.machine.streams.get(stream.id)?.isCongested) return;
    setCongested(entry.machine, stream.id, false);
    this.#turns.add(entry);
  }

  #close(session: Session, reason: string): void {
    const { entry, stream } = session;
    this.#sessions.delete(session);
    const nodeId = entry?.node.id ?? "";
    if (reason.startsWith("evicted")) {
      evicted.publish({ streamId: stream.id, nodeId, queuedBytes: stream.queuedBytes });
    }
    closed.publish({ streamId: stream.id, nodeId, reason, openMs: monotonicNowMs() - session.openedAtMs });
    if (!entry) return;
    for (const [typeUrl, interest] of session.indexed) {
      entry.group?.interests.move(session, typeUrl, interest, undefined);
    }
    session.indexed.clear();
    closeStream(entry.machine, stream.id);
    entry.sessions.delete(stream.id);
    if (entry.sessions.size > 0) {
      this.#turns.add(entry);
      return;
    }
    this.#leaveGroup(entry);
    this.#registry.remove(entry);
    this.#turns.remove(entry);
  }

  #isKnown(typeUrl: string, entry: ClientEntry): boolean {
    if (shortNameOf(typeUrl) || entry.group?.snapshot?.types.has(typeUrl)) return true;
    if (this.#options.isKnownType?.(typeUrl)) return true;
    if (this.#unknownTypes.size < 1_000 && !this.#unknownTypes.has(typeUrl)) {
      this.#unknownTypes.add(typeUrl);
      const message = `unknown type ${parseTypeUrl(typeUrl) ?? typeUrl}: nothing of it is served`;
      warning.publish({ nodeId: entry.node.id, typeUrl, message });
    }
    return false;
  }
}

function isWatching(userAgent: string): boolean {
  return userAgent.startsWith("fairlead-watch");
}

function publishAck(entry: ClientEntry, effect: Extract<Effect, { kind: "acked" }>, nowMs: number): void {
  if (!acked.hasSubscribers) return;
  const { streamId, typeUrl, sent } = effect;
  const committedAtMs = sent.cause === "changed" ? entry.group?.committedAtMs(sent.view.base.revision) : undefined;
  acked.publish({
    streamId,
    nodeId: entry.node.id,
    typeUrl,
    version: sent.plan.version,
    nonce: sent.nonce,
    latencyMs: nowMs - sent.sentAtMs,
    convergenceMs: committedAtMs === undefined ? undefined : nowMs - committedAtMs,
  });
}

function publishNack(entry: ClientEntry, effect: Extract<Effect, { kind: "nacked" }>): void {
  const { streamId, typeUrl, sent, code, message } = effect;
  const { nonce } = sent;
  nacked.publish({ streamId, nodeId: entry.node.id, typeUrl, version: sent.plan.version, nonce, code, message });
}
