import type { TestContext } from "node:test";
import type { Call } from "../../../src/load/transport/call.ts";
import type { CallEnd } from "../../../src/load/transport/call-end.ts";
import { type Connection, openConnection } from "../../../src/load/transport/connection.ts";
import type { ConnectionEnd } from "../../../src/load/transport/connection-end.ts";
import type { Endpoint } from "../../../src/load/transport/endpoint.ts";
import type { ConnectionOptions } from "../../../src/load/transport/options.ts";

/** A connection that promises to tell how it ends. */
export interface TestedConnection {
  readonly connection: Connection;
  readonly ended: Promise<ConnectionEnd>;
}

/** Opens a connection that ends with the test. */
export function connect(t: TestContext, endpoint: Endpoint, options?: Partial<ConnectionOptions>): TestedConnection {
  const { promise, resolve } = Promise.withResolvers<ConnectionEnd>();
  const connection = openConnection(endpoint, { onEnd: resolve }, options);
  t.after(() => connection.cut());
  return { connection, ended: promise };
}

/** A call that keeps copies of its messages. */
export interface TestedCall {
  readonly call: Call;
  readonly messages: Buffer[];
  readonly ended: Promise<CallEnd>;
}

/** Opens a call. */
export function open(connection: Connection, path = "/echo", maxMessageBytes?: number): TestedCall {
  const { promise, resolve } = Promise.withResolvers<CallEnd>();
  const messages: Buffer[] = [];
  const handlers = { onMessage: (message: Buffer) => void messages.push(Buffer.from(message)), onEnd: resolve };
  const call = connection.openStream(path, handlers, maxMessageBytes === undefined ? {} : { maxMessageBytes });
  return { call, messages, ended: promise };
}
