import type { CallHandlers } from "../../src/client/transport/call.ts";
import { type ClientConnection, type ConnectOptions, connectHttp2 } from "../../src/client/transport/connect.ts";
import type { GrpcStatus } from "../../src/server/transport.ts";

/** A call on a connection of its own, with what it received. */
export interface TestCall {
  readonly connection: ClientConnection;
  readonly messages: readonly Uint8Array[];
  readonly status: GrpcStatus | undefined;
  send(message: Uint8Array | string): void;
  end(): void;
  cancel(): void;
  pause(): void;
  resume(): void;
  /** Resolves with the call's status. */
  readonly ended: Promise<GrpcStatus>;
}

/** Opens a call on the connection. */
export function startCall(
  connection: ClientConnection,
  path = "/echo",
  options: Partial<Parameters<ClientConnection["call"]>[0]> = {},
): TestCall {
  const messages: Uint8Array[] = [];
  let status: GrpcStatus | undefined;
  const { promise: ended, resolve } = Promise.withResolvers<GrpcStatus>();
  const handlers: CallHandlers = {
    onMessage: (message) => void messages.push(message),
    onEnd(end) {
      status = end;
      resolve(end);
    },
  };
  const call = connection.call({ path, ...options }, handlers);
  return {
    connection,
    messages,
    ended,
    get status() {
      return status;
    },
    send: (message) => call.send(typeof message === "string" ? Buffer.from(message) : message),
    end: () => call.end(),
    cancel: () => call.cancel(),
    pause: () => call.pause(),
    resume: () => call.resume(),
  };
}

/** Connects to an echo server; close it with the test. */
export function connectTo(target: string, options: Partial<ConnectOptions> = {}): ClientConnection {
  return connectHttp2({ target, ...options });
}
