import { hostname } from "node:os";
import { loadSchema, type Schema } from "@fairlead/envoy-api";
import { XdsError } from "../errors.ts";
import { status } from "../grpc/status.ts";
import { joined } from "../protocol/client-state.ts";
import { DEFAULT_STAGE_OPTIONS, type StageOptions } from "../protocol/stage-options.ts";
import { turn } from "../protocol/turn.ts";
import { differenceCount } from "../protocol/view.ts";
import type { ClientEntry } from "./client-entry.ts";
import { ClientRegistry } from "./client-registry.ts";
import { describeClient } from "./describe-client.ts";
import { describeResources } from "./describe-resources.ts";
import { endStreams } from "./end-streams.ts";
import { openFetch } from "./fetch.ts";
import { Groups } from "./groups.ts";
import { defaultHttp2Limits } from "./http2/limits.ts";
import { type Http2ListenOptions, listenHttp2, warn } from "./http2/listen.ts";
import { Outbox } from "./outbox.ts";
import { Polls } from "./polls.ts";
import { Rest } from "./rest/rest.ts";
import type { ConnectedClient, ServiceFactory } from "./services/service.ts";
import { Services } from "./services/services.ts";
import { Serving } from "./services/serving.ts";
import { Sessions } from "./sessions.ts";
import type { SnapshotSource } from "./source.ts";
import type { ClientStatus } from "./status.ts";
import type {
  EdgeCounts,
  GrpcStatus,
  HttpAnswer,
  HttpBodyHandler,
  HttpHead,
  ServerStream,
  StreamHandler,
  Transport,
  TransportHandler,
} from "./transport.ts";
import { TurnQueue } from "./turn-queue.ts";
import { isWorkerTransport, listenWorkers, type WorkerStatus } from "./workers/listen-workers.ts";

/** More threads than any engine thread can feed. */
const MOST_WORKERS = 64;
/** Where the kernel spreads connections over the listeners of one port. */
const CAN_SHARE_PORT = ["linux", "freebsd", "sunos", "aix"].includes(process.platform);

/** Options of {@link createXdsServer}. */
export interface XdsServerOptions {
  /** Where the snapshots come from. */
  readonly source: SnapshotSource;
  /** Where and how to listen. */
  readonly listen: Http2ListenOptions;
  /**
   * Worker threads that hold the connections (TLS, HTTP/2, gRPC's framing), while the engine stays in this thread. They
   * share the port by `reusePort`: where the system lacks that (macOS, Windows) `listen.onFault` is told, and there are
   * none. Default 0: all is in this thread.
   */
  readonly workers?: number | undefined;
  /** What listens. Default: HTTP/2, in {@link workers} or in this thread. */
  readonly transport?: OpenTransport | undefined;
  /** What differs from the defaults of make before break. */
  readonly stage?: Partial<StageOptions> | undefined;
  /** `control_plane.identifier` of every response (protocol.md C8). Default: the host's name. */
  readonly controlPlaneId?: string | undefined;
  /**
   * Whether a type is known, though no snapshot holds it and xDS does not define it: an unknown type must not cost a
   * client its stream (protocol.md C2). Default: only those are known.
   */
  readonly isKnownType?: ((typeUrl: string) => boolean) | undefined;
  /**
   * gRPC services beside discovery, on the same port and under the same limits: `healthService`, `reflectionServices`,
   * one's own. Default: none.
   */
  readonly services?: readonly ServiceFactory[] | undefined;
  /**
   * By which resources become JSON for clients of REST, asked when one is converted. Default: Envoy's API as
   * `@fairlead/envoy-api` has it, read at the first poll.
   */
  readonly schema?: (() => Schema) | undefined;
  /** Whether a user agent only watches: it neither gates nor counts. Default: those that begin with `fairlead-watch`. */
  readonly isObserver?: ((userAgent: string) => boolean) | undefined;
}

/** Starts what listens, and hands its streams and requests to `handler`. */
export type OpenTransport = (listen: Http2ListenOptions, handler: TransportHandler) => Promise<Transport>;

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
  /** What the edge counts, all its threads together: as they last told, a second ago at most. */
  readonly edge: EdgeCounts;
  /** The worker threads that hold the connections; none: this thread does. */
  readonly workers: readonly WorkerStatus[];
  /** Every connected client, observers included. */
  clients(): Iterable<ClientStatus>;
  /**
   * Sends GOAWAY, takes no new connections, and ends each client's streams once it has answered what it was sent.
   * Resolves when the last stream is gone; a client that does not answer can hold it up, so give it a time.
   */
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
  const { listen, workers = 0, transport: open = openWith(workers) } = options;
  const transport = await open(listen, server).catch((error) => {
    server.stop();
    throw error;
  });
  return {
    address: transport.address,
    get work() {
      return server.work;
    },
    get edge() {
      return edgeCountsOf(transport);
    },
    get workers() {
      return isWorkerTransport(transport) ? transport.workers : [];
    },
    clients: () => server.clients(),
    drain: async () => {
      const isEmpty = transport.drain();
      await Promise.all([server.drain(), isEmpty]);
    },
    close: async () => {
      server.stop();
      await transport.close();
    },
  };
}

function edgeCountsOf({
  connections,
  queuedBytes = 0,
  partialBytes = 0,
  waitingStreams = 0,
}: Transport & Partial<EdgeCounts>): EdgeCounts {
  return { connections, queuedBytes, partialBytes, waitingStreams };
}

/** @throws XdsError `invalid-limit` */
function openWith(workers: number): OpenTransport {
  if (!Number.isSafeInteger(workers) || workers < 0 || workers > MOST_WORKERS)
    throw new XdsError("invalid-limit", `workers is ${workers}: give a whole number from 0 to ${MOST_WORKERS}`);
  if (workers === 0) return listenHttp2;
  return (listen, handler) => {
    if (CAN_SHARE_PORT) return listenWorkers(listen, workers, handler);
    const message = `no worker threads: on ${process.platform} they cannot share a port; one thread does it all`;
    (listen.onFault ?? warn)(new XdsError("listen-failed", message));
    return listenHttp2(listen, handler);
  };
}

class Server {
  readonly #source: SnapshotSource;
  readonly #onFault: (error: unknown) => void;
  readonly #registry = new ClientRegistry();
  readonly #turns = new TurnQueue((entry, nowMs) => this.#turn(entry, nowMs));
  readonly #outbox: Outbox;
  readonly #groups: Groups;
  readonly #sessions: Sessions;
  readonly #services: Services;
  readonly #serving: Serving;
  readonly #polls: Polls;
  readonly #rest: Rest;
  readonly #unsubscribe: () => void;
  readonly #stopping = new AbortController();

  constructor({
    source,
    listen,
    stage,
    controlPlaneId,
    isKnownType,
    isObserver,
    schema,
    services = [],
  }: XdsServerOptions) {
    this.#source = source;
    this.#onFault = listen.onFault ?? warn;
    const id = controlPlaneId ?? hostname();
    this.#outbox = new Outbox(id, (entry, streamId) => this.#polls.forget(entry, streamId));
    this.#groups = new Groups(source, this.#registry, this.#turns);
    this.#sessions = new Sessions({
      registry: this.#registry,
      groups: this.#groups,
      turns: this.#turns,
      outbox: this.#outbox,
      openFetch: (session) => openFetch(session, this.#polls, this.#outbox),
      stage: { ...DEFAULT_STAGE_OPTIONS, ...stage },
      isKnownType: isKnownType ?? (() => false),
      isObserver: isObserver ?? isWatching,
    });
    this.#polls = new Polls({
      registry: this.#registry,
      groups: this.#groups,
      turns: this.#turns,
      outbox: this.#outbox,
      sessions: this.#sessions,
      limits: { ...defaultHttp2Limits, ...listen.limits },
      isReady: () => source.isReady,
    });
    this.#rest = new Rest(this.#polls, id, schema ?? loadSchema);
    this.#serving = new Serving(source);
    this.#services = new Services(services, this.#onFault, {
      serving: this.#serving,
      groupOf: (node) => source.groupOf(node),
      snapshotOf: (group) => source.snapshotOf(group),
      clients: () => this.#registry.entries().map(connectedClient),
    });
    this.#unsubscribe = source.subscribe((event) => {
      this.#groups.takeEvent(event);
      if (event.kind === "ready") this.#serving.tell();
    });
  }

  get work(): WorkCounts {
    const { builds, writes } = this.#outbox;
    return { differences: differenceCount(), builds, writes, turns: this.#turns.count };
  }

  *clients(): Iterable<ClientStatus> {
    for (const entry of this.#registry.entries()) yield describeClient(entry);
  }

  async drain(): Promise<void> {
    this.#serving.end();
    const { signal } = this.#stopping;
    await Promise.all([endStreams(() => this.#registry.entries(), signal), this.#services.drain(signal)]);
  }

  stop(): void {
    this.#stopping.abort();
    this.#unsubscribe();
    this.#turns.stop();
    this.#services.stop();
  }

  onStream(stream: ServerStream): StreamHandler | GrpcStatus {
    return this.#services.open(stream) ?? this.#sessions.open(stream);
  }

  onRequest(head: HttpHead): HttpAnswer | HttpBodyHandler | undefined {
    return this.#rest.onRequest(head);
  }

  #turn(entry: ClientEntry, nowMs: number): void {
    if (!this.#source.isReady) return;
    try {
      const shown = this.#groups.catchUp(entry, nowMs);
      this.#outbox.perform(entry, joined(shown, turn(entry.machine, nowMs)), nowMs);
      this.#turns.wakeAt(entry, entry.machine.wakeAtMs);
    } catch (error) {
      // A fault of ours costs this client its streams, with which it comes back, and not the process.
      this.#onFault(error);
      for (const { stream } of entry.sessions.values())
        stream.end(status("INTERNAL", "the server failed on this client"));
    }
  }
}

function connectedClient(entry: ClientEntry): ConnectedClient {
  return {
    node: entry.node,
    isOn: (connection) => entry.sessions.values().some(({ stream }) => stream.connection === connection),
    resources: () => describeResources(entry),
  };
}

function isWatching(userAgent: string): boolean {
  return userAgent.startsWith("fairlead-watch");
}
