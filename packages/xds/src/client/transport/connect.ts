import { connect } from "node:http2";
import { status } from "../../grpc/status.ts";
import type { CallHandlers, CallOptions, ClientCall } from "./call.ts";
import { Http2ClientCall } from "./http2-call.ts";
import { type ClientTls, openSocket } from "./open-socket.ts";

/** Where and how to connect. */
export interface ConnectOptions {
  /** `host:port`; an IPv6 host in brackets. */
  readonly target: string;
  /** Left out: plaintext. */
  readonly tls?: ClientTls;
  /** Sent with every call. Default `fairlead`. */
  readonly userAgent?: string;
  /** How long TCP, TLS and the server's first bytes may take. Default 10,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Flow control window of a stream for what the server sends. Default 1 MiB. */
  readonly streamWindowBytes?: number;
  /** Flow control window of the connection. Default 4 MiB. */
  readonly connectionWindowBytes?: number;
}

/** One HTTP/2 connection of a client; any number of calls. It does not reconnect: who holds it decides. */
export interface ClientConnection {
  /** Starts a call. On a connection that is gone it ends with `UNAVAILABLE` at once. */
  call(options: CallOptions, handlers: CallHandlers): ClientCall;
  /** Resolves when the server has answered; rejects with the reason when the connection fails before that. */
  readonly ready: Promise<void>;
  /** Whether the server sent GOAWAY, or the connection is gone: new calls need a new connection. */
  readonly isDraining: boolean;
  /** Resolves with the reason when the connection is gone, `undefined` if it was closed by {@link close}. Never rejects. */
  readonly closed: Promise<string | undefined>;
  /** Ends the connection and its calls now. */
  close(): void;
}

const closedByUs = "closed by the client";

/**
 * Connects; returns at once, calls wait for the connection. Failures are told by {@link ClientConnection.ready} and the calls;
 * only a target that is not `host:port` throws.
 */
export function connectHttp2(options: ConnectOptions): ClientConnection {
  const { target, tls, userAgent = "fairlead", connectTimeoutMs = 10_000 } = options;
  const { streamWindowBytes = 1_048_576, connectionWindowBytes = 4 * 1_048_576 } = options;
  const scheme = tls === undefined ? "http" : "https";
  const socket = openSocket(target, tls);
  const session = connect(`${scheme}://${target}`, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: streamWindowBytes },
    maxSessionMemory: 1_024, // MB: what a client holds is its own
  });
  let lost: string | undefined;
  let isDraining = false;
  const timer = setTimeout(() => {
    lost ??= `${target} did not answer within ${connectTimeoutMs} ms`;
    socket.destroy();
  }, connectTimeoutMs);
  socket.once("error", (error) => {
    lost ??= reasonOf(error);
    socket.destroy(); // TLS does not after its handshake, and the session would wait for it
  });
  session.once("connect", () => {
    if (!session.destroyed) session.setLocalWindowSize(connectionWindowBytes); // closed while it connected
  });
  session.on("error", (error: Error) => {
    lost ??= reasonOf(error);
  });
  session.on("goaway", (code, _lastStreamId, text) => {
    isDraining = true;
    if (code !== 0) lost ??= `the server sent GOAWAY with HTTP/2 code ${code} ${text?.toString("latin1") ?? ""}`.trim();
  });
  const gone = new Promise<string>((resolve) => {
    session.once("close", () => {
      clearTimeout(timer);
      lost ??= "the connection is gone";
      resolve(lost);
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    session.once("remoteSettings", () => {
      clearTimeout(timer);
      resolve();
    });
    void gone.then((reason) => reject(new Error(`cannot connect to ${target}: ${reason}`)));
  });
  ready.catch(() => {}); // whoever awaits it is told; nobody has to
  const headers = { ":scheme": scheme, ":authority": target, "user-agent": userAgent };
  return {
    ready,
    closed: gone.then((reason) => (reason === closedByUs ? undefined : reason)),
    get isDraining() {
      return isDraining || session.closed || session.destroyed;
    },
    call(callOptions, handlers) {
      if (session.closed || session.destroyed) return goneCall(handlers, lost ?? "the server is draining");
      return new Http2ClientCall(session, headers, callOptions, handlers, gone);
    },
    close() {
      lost ??= closedByUs;
      session.destroy();
      socket.destroySoon();
    },
  };
}

/** Options of a call that has a connection of its own. */
export type OpenCallOptions = ConnectOptions & CallOptions;

/** Opens a connection for one call, and closes it with the call. */
export function openCall(options: OpenCallOptions, handlers: CallHandlers): ClientCall {
  const connection = connectHttp2(options);
  return connection.call(options, {
    onMessage: (message) => handlers.onMessage(message),
    onEnd: (end) => {
      connection.close();
      handlers.onEnd(end);
    },
  });
}

/** A refused connection to a host with several addresses is an AggregateError without a message. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map((one: unknown) => (one as Error).message).join("; ");
  }
  return error.message;
}

function goneCall(handlers: CallHandlers, reason: string): ClientCall {
  process.nextTick(() => handlers.onEnd(status("UNAVAILABLE", reason)));
  const nothing = (): void => {};
  return { queuedBytes: 0, send: nothing, end: nothing, cancel: nothing, pause: nothing, resume: nothing };
}
