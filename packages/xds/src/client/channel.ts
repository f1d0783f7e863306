import { StatusCode } from "../grpc/status.ts";
import type { GrpcStatus } from "../server/transport.ts";
import type { CallHandlers, ClientCall } from "./transport/call.ts";
import { type ClientConnection, type ConnectOptions, connectHttp2 } from "./transport/connect.ts";

/** Calls to one server, over a connection that is made when it is needed and again when it was lost. */
export interface Channel {
  /** Starts a call; what is sent before the connection is up waits for it. */
  call(path: string, handlers: CallHandlers): ClientCall;
  /** Ends the connection and the calls on it; resolves when it is closed. No calls after it. */
  close(): Promise<void>;
}

/** Where the server is, and how to connect to it. */
export type ChannelOptions = ConnectOptions;

/** Makes a channel; it connects with its first call. After GOAWAY new calls go to a new connection. */
export function openChannel(options: ChannelOptions): Channel {
  const connections = new Set<ClientConnection>();
  let newest: ClientConnection | undefined;

  function connected(): ClientConnection {
    if (newest && !newest.isDraining) return newest;
    const connection = connectHttp2(options);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
    newest = connection;
    return connection;
  }

  return {
    call(path, handlers) {
      const connection = connected();
      return connection.call(
        { path },
        {
          onMessage: (message) => handlers.onMessage(message),
          onEnd: (status) => {
            // a call may end before its connection says why it could not be made
            const onFailed = (error: Error) => handlers.onEnd(explain(status, options.target, error.message));
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
