import { connect, type SecureClientSessionOptions } from "node:http2";
import { status } from "../../grpc/status.ts";
import type { CallHandlers, CallOptions, ClientCall } from "./call.ts";
import { Http2ClientCall } from "./http2-call.ts";

/** TLS from the client's side. PEM, not files. */
export interface ClientTls {
  /** Authorities that may sign the server's certificate. Default: those that Node trusts. */
  readonly ca?: string | Uint8Array;
  /** The client's own certificate and key, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the certificate must hold. Default: the target's host. */
  readonly serverName?: string;
}

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

/** Connects; returns at once, calls wait for the connection. Nothing throws: see {@link ClientConnection.ready}. */
export function connectHttp2(options: ConnectOptions): ClientConnection {
  const { target, tls, userAgent = "fairlead", connectTimeoutMs = 10_000 } = options;
  const { streamWindowBytes = 1_048_576, connectionWindowBytes = 4 * 1_048_576 } = options;
  const scheme = tls === undefined ? "http" : "https";
  const session = connect(`${scheme}://${target}`, {
    ...sessionTls(tls),
    settings: { enablePush: false, initialWindowSize: streamWindowBytes },
    maxSessionMemory: 1_024, // MB: what a client holds is its own
  });
  let lost: string | undefined;
  let isDraining = false;
  const timer = setTimeout(
    () => session.destroy(new Error(`${target} did not answer within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  session.once("connect", () => session.setLocalWindowSize(connectionWindowBytes));
  session.on("error", (error: Error) => {
    lost ??= reasonOf(error);
  });
  session.on("goaway", () => {
    isDraining = true;
  });
  const closed = new Promise<string | undefined>((resolve) => {
    session.once("close", () => {
      clearTimeout(timer);
      const isOurs = lost === "closed by the client";
      lost ??= "the connection is gone";
      resolve(isOurs ? undefined : lost);
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    session.once("remoteSettings", () => {
      clearTimeout(timer);
      resolve();
    });
    void closed.then((reason) => reject(new Error(`cannot connect to ${target}: ${reason ?? "closed by the client"}`)));
  });
  ready.catch(() => {}); // whoever awaits it is told; nobody has to
  const headers = { ":scheme": scheme, ":authority": target, "user-agent": userAgent };
  const connectionError = (): string | undefined => lost ?? (session.destroyed ? "the connection is gone" : undefined);
  return {
    ready,
    closed,
    get isDraining() {
      return isDraining || session.closed || session.destroyed;
    },
    call(callOptions, handlers) {
      if (session.closed || session.destroyed) return goneCall(handlers, connectionError() ?? "the server is draining");
      return new Http2ClientCall(session, headers, callOptions, handlers, connectionError);
    },
    close() {
      lost ??= "closed by the client";
      session.destroy();
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

function sessionTls(tls: ClientTls | undefined): SecureClientSessionOptions {
  if (tls === undefined) return {};
  const pem = (value: string | Uint8Array): string | Buffer => (typeof value === "string" ? value : Buffer.from(value));
  return {
    ...(tls.ca && { ca: pem(tls.ca) }),
    ...(tls.cert && { cert: pem(tls.cert) }),
    ...(tls.key && { key: pem(tls.key) }),
    ...(tls.serverName && { servername: tls.serverName }),
  };
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
