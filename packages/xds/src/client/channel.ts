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
  const connections = new Set<Attempt>();
  let newest: Attempt | undefined;

  function connected(): Attempt {
    if (newest && !newest.connection.isDraining) return newest;
    const attempt = tryToConnect(options);
    connections.add(attempt);
    void attempt.connection.closed.then(() => connections.delete(attempt));
    newest = attempt;
    return attempt;
  }

  return {
    call(path, handlers) {
      const attempt = connected();
      return attempt.connection.call(
        { path },
        {
          onMessage: (message) => handlers.onMessage(message),
          onEnd: (status) => handlers.onEnd(attempt.isUp ? status : explain(status, options.target)),
        },
      );
    },
    async close() {
      const closing = [...connections].map(({ connection }) => connection);
      for (const connection of closing) connection.close();
      await Promise.all(closing.map((connection) => connection.closed));
    },
  };
}

interface Attempt {
  readonly connection: ClientConnection;
  /** Whether the server ever answered. */
  isUp: boolean;
}

function tryToConnect(options: ChannelOptions): Attempt {
  const attempt = { connection: connectHttp2(options), isUp: false };
  attempt.connection.ready.then(
    () => {
      attempt.isUp = true;
    },
    () => {}, // the calls are told
  );
  return attempt;
}

/** What went wrong with a connection that never was one, in words that say what to look at. */
function explain(status: GrpcStatus, target: string): GrpcStatus {
  if (status.code !== StatusCode.UNAVAILABLE) return status;
  const { message } = status;
  if (/ECONNREFUSED/.test(message)) return { ...status, message: `connection refused: nothing listens on ${target}` };
  if (/ENOTFOUND|EAI_AGAIN/.test(message))
    return { ...status, message: `cannot resolve the host of ${target}: ${message}` };
  if (/Protocol error|preface/i.test(message)) {
    return { ...status, message: `${target} does not speak HTTP/2: it may be an HTTP/1 or a TLS port (${message})` };
  }
  return { ...status, message: `cannot connect to ${target}: ${message}` };
}
