import { StatusCode } from "../grpc/status.ts";
import type { GrpcStatus } from "../server/transport.ts";
import type { CallHandlers, ClientCall } from "./transport/call.ts";
import { type ClientConnection, type ConnectOptions, connectHttp2 } from "./transport/connect.ts";
import type { ClientTls } from "./transport/open-socket.ts";

/** Calls to one server, over a connection that is made when it is needed and again when it was lost. */
export interface Channel {
  /** Starts a call; what is sent before the connection is up waits for it. */
  call(path: string, handlers: ChannelHandlers): ClientCall;
  /** Ends the connection and the calls on it; resolves when it is closed. No calls after it. */
  close(): Promise<void>;
}

/** What a call on a channel tells. */
export interface ChannelHandlers extends CallHandlers {
  /** The server has answered the connection, though maybe not yet the call. */
  onConnected?(): void;
}

/** Where the server is, and how to connect to it. */
export interface ChannelOptions extends Omit<ConnectOptions, "tls"> {
  /** Other servers that serve the same: when a connection could not be made, the next one is tried, then the first again. */
  readonly alternatives?: readonly string[];
  /** Left out: plaintext. A function is asked for each connection; it must not throw. */
  readonly tls?: ClientTls | (() => ClientTls);
}

interface Connected {
  readonly connection: ClientConnection;
  readonly target: string;
}

/** Makes a channel; it connects with its first call. After GOAWAY new calls go to a new connection. */
export function openChannel(options: ChannelOptions): Channel {
  const { alternatives = [], tls, ...rest } = options;
  const targets = [options.target, ...alternatives];
  const connections = new Set<ClientConnection>();
  let newest: Connected | undefined;
  let turn = 0;

  function connected(): Connected {
    if (newest && !newest.connection.isDraining) return newest;
    const target = targets[turn % targets.length]!;
    const security = typeof tls === "function" ? tls() : tls;
    const connection = connectHttp2({ ...rest, target, ...(security && { tls: security }) });
    connections.add(connection);
    connection.ready.catch(() => turn++);
    void connection.closed.then(() => connections.delete(connection));
    newest = { connection, target };
    return newest;
  }

  return {
    call(path, handlers) {
      const { connection, target } = connected();
      if (handlers.onConnected) {
        connection.ready.then(
          () => handlers.onConnected?.(),
          () => {}, // the call's end tells
        );
      }
      return connection.call(
        { path },
        {
          onMessage: (message) => handlers.onMessage(message),
          onEnd: (status) => {
            // a call may end before its connection says why it could not be made
            const onFailed = (error: Error) => handlers.onEnd(explain(status, target, error.message));
            connection.ready.then(() => handlers.onEnd(status), onFailed);
          },
        },
      );
    },
    async close() {
      const closing = [...connections];
      for (const connection of closing) connection.close();
      await Promise.all(closing.map((connection) => connection.closed));
    },
  };
}

/** What went wrong with a connection that never was one, in words that say what to look at. */
function explain(status: GrpcStatus, target: string, reason: string): GrpcStatus {
  if (status.code !== StatusCode.UNAVAILABLE) return status;
  if (/ECONNREFUSED/.test(reason)) return { ...status, message: `connection refused: nothing listens on ${target}` };
  if (/Protocol error|preface/i.test(reason)) {
    return { ...status, message: `${target} does not speak HTTP/2: it may be an HTTP/1 or a TLS port (${reason})` };
  }
  if (/certificate required/i.test(reason)) {
    return { ...status, message: `${target} asks for a client certificate, and got none` };
  }
  if (reason.endsWith("the connection is gone")) {
    return { ...status, message: `${target} closed the connection at once: it may be a TLS port (${reason})` };
  }
  return { ...status, message: reason };
}
