import { performServerHandshake, type ServerOptions } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { xdsChannel } from "../../channels.ts";
import { XdsError } from "../../errors.ts";
import { status } from "../../grpc/status.ts";
import { Http1Connections } from "../http/http1.ts";
import type { Transport, TransportHandler } from "../transport.ts";
import { Admission } from "./admission.ts";
import { type Certificates, readCertificates, type TlsOptions } from "./certificates.ts";
import { Http2Connection, peerOf } from "./connection.ts";
import type { Edge } from "./edge.ts";
import { answerHttp1, awaitPreface } from "./first-bytes.ts";
import { checkHttp2Limits, type Http2Limits } from "./limits.ts";
import { readSans } from "./sans.ts";
import { writeChunkBytes } from "./send-queue.ts";
import { watchCertificates } from "./watch-certificates.ts";

/** Where and how to listen. */
export interface Http2ListenOptions {
  /** Address to bind. `127.0.0.1`: plaintext is for loopback unless told otherwise, since a node id is only a claim. */
  readonly host?: string;
  /** Port to bind; 0: any free one, see `Transport.address`. */
  readonly port: number;
  /** Left out: plaintext. */
  readonly tls?: TlsOptions;
  /** What differs from `defaultHttp2Limits`. */
  readonly limits?: Partial<Http2Limits>;
  /** Several processes or threads listen on this port, and the kernel spreads connections over them. Default `false`. */
  readonly reusePort?: boolean;
  /**
   * Told of what is wrong but stops nothing: a handler that threw, certificate files that do not fit together.
   * Default: `process.emitWarning`.
   */
  readonly onFault?: (error: unknown) => void;
}

/** A {@link Transport} that shows what it holds, for metrics. */
export interface Http2Transport extends Transport {
  /** Bytes queued for sending on all connections. */
  readonly queuedBytes: number;
  /** Bytes held of request messages that are not yet whole. */
  readonly partialBytes: number;
  /** New streams that wait for admission. */
  readonly waitingStreams: number;
}

/**
 * Listens for gRPC over HTTP/2, by `node:http2`.
 *
 * @throws XdsError `invalid-limit`, `tls-invalid`, `listen-failed`
 * @see protocol.md S6; reliability.md, "HTTP/2 and gRPC edge"
 */
export async function listenHttp2(options: Http2ListenOptions, handler: TransportHandler): Promise<Http2Transport> {
  const limits = checkHttp2Limits(options.limits);
  const certificates = options.tls && (await readCertificates(options.tls));
  const listener = new Http2Listener(options, limits, handler, certificates);
  await listener.bind();
  return listener;
}

const handshakeFailed = xdsChannel("fairlead:xds:handshake-failed");

class Http2Listener implements Http2Transport {
  readonly #options: Http2ListenOptions;
  readonly #edge: Edge;
  readonly #server: Server | TlsServer;
  readonly #sessionOptions: ServerOptions;
  readonly #connections = new Map<number, Http2Connection>();
  readonly #http1: Http1Connections;
  readonly #handshaking = new Set<Socket>();
  readonly #whenEmpty: (() => void)[] = [];
  #sweeper: NodeJS.Timeout | undefined;
  #stopWatching: () => void = () => {};
  #lastConnectionId = 0;
  #isDraining = false;

  constructor(
    options: Http2ListenOptions,
    limits: Http2Limits,
    handler: TransportHandler,
    certificates: Certificates | undefined,
  ) {
    const onFault = options.onFault ?? warn;
    const edge: Edge = {
      limits,
      handler,
      onFault,
      admission: new Admission(limits, () => (handler.isBehind ? Number.POSITIVE_INFINITY : edge.queuedBytes)),
      nowMs: performance.now(),
      queuedBytes: 0,
      partialBytes: 0,
      forget: (id) => this.#forget(id),
    };
    this.#options = options;
    this.#edge = edge;
    this.#sessionOptions = sessionOptionsOf(limits);
    this.#http1 = new Http1Connections(edge, () => this.#tellEmpty());
    this.#server = certificates === undefined ? this.#plaintextServer() : this.#tlsServer(certificates);
  }

  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#bound;
    return { host: address, port };
  }

  get connections(): number {
    return this.#connections.size + this.#http1.size;
  }

  get queuedBytes(): number {
    return this.#edge.queuedBytes;
  }

  get partialBytes(): number {
    return this.#edge.partialBytes;
  }

  get waitingStreams(): number {
    return this.#edge.admission.waiting;
  }

  async bind(): Promise<void> {
    const { host = "127.0.0.1", port, reusePort = false } = this.#options;
    const backlog = this.#edge.limits.backlogConnections;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => {
        reject(new XdsError("listen-failed", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
      });
      this.#server.listen({ host, port, backlog, reusePort }, resolve);
    });
    this.#bound = this.#server.address() as AddressInfo;
    this.#server.removeAllListeners("error");
    this.#server.on("error", this.#edge.onFault); // out of file descriptors, say: it listens on
    this.#sweeper = setInterval(() => this.#sweep(), this.#edge.limits.sweepIntervalMs).unref();
  }
  #bound: AddressInfo = { address: "", family: "", port: 0 };

  async drain(): Promise<void> {
    this.#stopAccepting();
    for (const connection of this.#connections.values()) connection.drain();
    this.#http1.drain();
    if (this.connections > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  async close(): Promise<void> {
    this.#stopAccepting();
    for (const connection of this.#connections.values())
      connection.shutDown(status("UNAVAILABLE", "the server is closing"));
    this.#http1.drain();
    const timer = setTimeout(() => this.#terminateAll(), this.#edge.limits.closeMs);
    if (this.connections > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    clearTimeout(timer);
    clearInterval(this.#sweeper);
  }

  #terminateAll(): void {
    for (const connection of this.#connections.values()) connection.terminate(0, "the server is closing");
    this.#http1.terminateAll();
  }

  #stopAccepting(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#stopWatching();
    this.#server.close();
    for (const socket of this.#handshaking) socket.destroy();
  }

  #plaintextServer(): Server {
    return createTcpServer((socket) => {
      const done = this.#startHandshake(socket);
      const onHttp2 = () => {
        done();
        this.#open(socket, []);
      };
      awaitPreface(socket, onHttp2, () => this.#openHttp1(socket, [], done));
    });
  }

  #tlsServer(certificates: Certificates): TlsServer {
    const { tls } = this.#options;
    const isMutual = tls?.clientCa !== undefined;
    const { handshakeMs, certificatePollMs } = this.#edge.limits;
    const server = createTlsServer({
      ...certificates.context,
      ALPNProtocols: this.#edge.handler.onRequest ? ["h2", "http/1.1"] : ["h2"],
      handshakeTimeout: handshakeMs,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
    });
    // Read once here, the address stays readable: when a handshake fails, the connection may be gone before it is told.
    server.on("connection", peerOf);
    server.on("tlsClientError", (error, socket: TLSSocket & { readonly _parent?: Socket }) => {
      const peer = peerOf(socket._parent ?? socket);
      // A certificate that is refused has its reason here; the error then is only that the connection ended.
      const refused = socket.authorizationError;
      const reason = refused ? `the client's certificate is refused: ${refused}` : error.message;
      if (handshakeFailed.hasSubscribers) handshakeFailed.publish({ peer, reason });
      socket.destroy();
    });
    server.on("secureConnection", (socket) => this.#onSecure(socket));
    if (tls !== undefined) {
      this.#stopWatching = watchCertificates(tls, certificates, certificatePollMs, {
        onChange: ({ context }) => server.setSecureContext(context),
        onError: this.#edge.onFault,
      });
    }
    return server;
  }

  #onSecure(socket: TLSSocket): void {
    socket.on("error", ignore);
    const sans = socket.authorized ? readSans(socket.getPeerX509Certificate()?.subjectAltName) : [];
    // No ALPN at all is HTTP/1 too: what Envoy's REST cluster does over TLS unless told otherwise.
    if (socket.alpnProtocol !== "h2") this.#openHttp1(socket, sans, this.#startHandshake(socket));
    else this.#open(socket, sans);
  }

  /** @param done says that the socket has become a connection */
  #openHttp1(socket: Socket, sans: readonly string[], done: () => void): void {
    if (!this.#edge.handler.onRequest) {
      answerHttp1(socket); // once, then it is closed, or its handshake is late
      return;
    }
    done();
    if (socket.destroyed || this.#isDraining) socket.destroy();
    else this.#http1.open(socket, ++this.#lastConnectionId, sans);
  }

  /** Gives a socket `handshakeMs` to become an HTTP/2 connection; the function returned says that it has. */
  #startHandshake(socket: Socket): () => void {
    socket.on("error", ignore);
    this.#handshaking.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#edge.limits.handshakeMs);
    const done = (): void => {
      clearTimeout(timer);
      this.#handshaking.delete(socket);
      socket.off("close", done);
    };
    socket.on("close", done);
    return done;
  }

  #open(socket: Socket, sans: readonly string[]): void {
    if (socket.destroyed || this.#isDraining) {
      socket.destroy();
      return;
    }
    try {
      const session = performServerHandshake(socket, this.#sessionOptions);
      session.setLocalWindowSize(this.#edge.limits.connectionWindowBytes);
      const id = ++this.#lastConnectionId;
      this.#connections.set(id, new Http2Connection(this.#edge, { id, socket, session, sans }));
    } catch (error) {
      this.#edge.onFault(error); // costs this connection, and not the process
      socket.destroy();
    }
  }

  #forget(connectionId: number): void {
    this.#connections.delete(connectionId);
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.connections > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
    if (this.#isDraining) clearInterval(this.#sweeper);
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#edge.nowMs = nowMs;
    for (const connection of this.#connections.values()) connection.sweep(nowMs);
    this.#http1.sweep(nowMs);
  }
}

function sessionOptionsOf(limits: Http2Limits): ServerOptions {
  return {
    maxHeaderListPairs: limits.maxHeaderPairs,
    maxSettings: limits.maxSettingsEntries,
    maxSessionInvalidFrames: limits.maxInvalidFrames,
    // Early resets are counted by Http2Connection. This is the net below: what a whole connection of streams may need.
    streamResetBurst: limits.resetBurst + limits.maxStreamsPerConnection,
    streamResetRate: limits.resetsPerSecond,
    // In MB. Beyond it node refuses streams; ours hold a chunk each at most, the rest waits outside of it.
    maxSessionMemory: 10 + Math.ceil((limits.maxStreamsPerConnection * (writeChunkBytes + 8_192)) / 1e6),
    settings: {
      maxConcurrentStreams: limits.maxStreamsPerConnection,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: limits.streamWindowBytes,
      enablePush: false,
    },
  };
}

/** Where faults go that nobody asked for: to Node's warnings. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

function ignore(): void {}
