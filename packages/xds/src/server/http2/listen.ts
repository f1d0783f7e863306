import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { defaultServerOptions, type ServerOptions } from "@fairlead/h2";
import { xdsChannel } from "../../channels.ts";
import { XdsError } from "../../errors.ts";
import { status } from "../../grpc/status.ts";
import { Http1Connections } from "../http/http1.ts";
import type { Transport, TransportHandler } from "../transport.ts";
import { Admission } from "./admission.ts";
import { type Certificates, readCertificates, type TlsOptions } from "./certificates.ts";
import { Http2Connection, type Opened, peerOf } from "./connection.ts";
import type { Edge } from "./edge.ts";
import { answerHttp1, awaitFirstBytes } from "./first-bytes.ts";
import { checkHttp2Limits, type Http2Limits } from "./limits.ts";
import { readSans } from "./sans.ts";
import { take, withSharedReads } from "./sockets.ts";
import { Sweeper, type Swept } from "./sweeper.ts";
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
 * Listens for gRPC over HTTP/2, by `@fairlead/h2`; REST over HTTP/1.1 goes to `node:http`.
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
  readonly #connections = new Set<Http2Connection>();
  /** Those that were told to go and have not yet. */
  readonly #leaving = new Set<Http2Connection>();
  readonly #http1: Http1Connections;
  /** Sockets that are no connections yet, and since when. */
  readonly #handshaking = new Map<Socket, number>();
  readonly #whenEmpty: (() => void)[] = [];
  #sweeper: Sweeper | undefined;
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
      http2: http2OptionsOf(limits),
      handler,
      onFault,
      admission: new Admission(limits, () => (handler.isBehind ? Number.POSITIVE_INFINITY : edge.queuedBytes)),
      nowMs: performance.now(),
      queuedBytes: 0,
      partialBytes: 0,
      leave: (connection) => {
        this.#connections.delete(connection);
        this.#leaving.add(connection);
      },
      forget: (connection) => {
        this.#connections.delete(connection);
        this.#leaving.delete(connection);
        this.#tellEmpty();
      },
    };
    this.#options = options;
    this.#edge = edge;
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
    const { sweepIntervalMs } = this.#edge.limits;
    this.#sweeper = new Sweeper(
      sweepIntervalMs,
      () => this.#swept(),
      (nowMs) => this.#onSweep(nowMs),
    );
  }
  #bound: AddressInfo = { address: "", family: "", port: 0 };

  async drain(): Promise<void> {
    this.#stopAccepting();
    for (const connection of this.#connections) connection.drain();
    this.#http1.drain();
    if (!this.#isEmpty) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  async close(): Promise<void> {
    this.#stopAccepting();
    for (const connection of this.#connections) connection.shutDown(status("UNAVAILABLE", "the server is closing"));
    this.#http1.drain();
    const timer = setTimeout(() => this.#terminateAll(), this.#edge.limits.closeMs);
    if (!this.#isEmpty) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    clearTimeout(timer);
    this.#sweeper?.stop();
  }

  #terminateAll(): void {
    for (const connection of this.#connections) connection.terminate(0, "the server is closing");
    for (const connection of this.#leaving) connection.destroy();
    this.#http1.terminateAll();
  }

  #stopAccepting(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#stopWatching();
    this.#server.close();
    for (const socket of this.#handshaking.keys()) socket.destroy();
  }

  #plaintextServer(): Server {
    return createTcpServer({ noDelay: true }, (socket) => {
      this.#startHandshake(socket);
      awaitFirstBytes(socket, (kind, seen) => {
        if (kind === "garbage") socket.destroy();
        else if (kind === "http2") this.#openHttp2(socket, { isTls: false, sans: [] }, seen);
        else {
          socket.unshift(seen);
          this.#openHttp1(socket, []);
        }
      });
    });
  }

  #tlsServer(certificates: Certificates): TlsServer {
    const { tls } = this.#options;
    const isMutual = tls?.clientCa !== undefined;
    const { handshakeMs, certificatePollMs } = this.#edge.limits;
    const server = createTlsServer({
      noDelay: true,
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
    if (socket.alpnProtocol === "h2") this.#openHttp2(socket, { isTls: true, sans }, nothing);
    else {
      this.#startHandshake(socket);
      this.#openHttp1(socket, sans);
    }
  }

  #openHttp1(socket: Socket, sans: readonly string[]): void {
    if (!this.#edge.handler.onRequest) {
      answerHttp1(socket); // once, then it is closed, or its handshake is late
      return;
    }
    this.#endHandshake(socket);
    if (socket.destroyed || this.#isDraining) socket.destroy();
    else this.#http1.open(socket, ++this.#lastConnectionId, sans);
  }

  /** @param seen what came already */
  #openHttp2(accepted: Socket, { isTls, sans }: Pick<Opened, "isTls" | "sans">, seen: Buffer): void {
    this.#endHandshake(accepted);
    if (accepted.destroyed || this.#isDraining) {
      accepted.destroy();
      return;
    }
    const socket = isTls ? accepted : withSharedReads(accepted);
    const id = ++this.#lastConnectionId;
    const connection = new Http2Connection(this.#edge, { id, socket, isTls, sans });
    this.#connections.add(connection);
    take(socket, connection);
    connection.start(seen);
  }

  readonly #forgetHandshake = forgetIn(this.#handshaking);

  /** Gives a socket `handshakeMs` to become a connection. */
  #startHandshake(socket: Socket): void {
    this.#handshaking.set(socket, performance.now());
    socket.on("error", ignore).on("close", this.#forgetHandshake);
  }

  #endHandshake(socket: Socket): void {
    this.#handshaking.delete(socket);
    socket.off("error", ignore).off("close", this.#forgetHandshake);
  }

  get #isEmpty(): boolean {
    return this.connections === 0 && this.#leaving.size === 0;
  }

  #tellEmpty(): void {
    if (!this.#isEmpty) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
    if (this.#isDraining) this.#sweeper?.stop();
  }

  #onSweep(nowMs: number): void {
    this.#edge.nowMs = nowMs;
    const { handshakeMs } = this.#edge.limits;
    for (const [socket, sinceMs] of this.#handshaking) if (nowMs - sinceMs > handshakeMs) socket.destroy();
  }

  *#swept(): Generator<Swept, undefined> {
    yield* this.#connections;
    yield* this.#leaving;
    yield this.#http1;
    return undefined;
  }
}

function http2OptionsOf(limits: Http2Limits): ServerOptions {
  return {
    ...defaultServerOptions,
    maxStreams: limits.maxStreamsPerConnection,
    maxHeaderPairs: limits.maxHeaderPairs,
    maxHeaderListBytes: limits.maxHeaderBytes,
    maxSettingsEntries: limits.maxSettingsEntries,
    streamWindowBytes: limits.streamWindowBytes,
    connectionWindowBytes: limits.connectionWindowBytes,
    maxQueuedBytes: Number.MAX_SAFE_INTEGER, // each connection has its own limit, and looks itself
  };
}

/** A listener that all sockets share. */
function forgetIn(handshaking: Map<Socket, number>): (this: Socket) => void {
  return function (this: Socket): void {
    handshaking.delete(this);
  };
}

/** Where faults go that nobody asked for: to Node's warnings. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

function ignore(): void {}

const nothing = Buffer.alloc(0);
