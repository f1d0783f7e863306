import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Endpoint } from "../../../src/load/transport/endpoint.ts";

/** Any server of Node's that listens. */
interface Listening {
  listen(port: number, host: string, callback: () => void): unknown;
  address(): ReturnType<Server["address"]>;
  close(): unknown;
}

/** Lets a server listen on a free port of 127.0.0.1 until the test is over. */
export async function listen(t: TestContext, server: Listening): Promise<Endpoint> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  return { host: "127.0.0.1", port: (server.address() as { port: number }).port };
}

/** A bare TCP server whose connections end with the test. */
export async function listenRaw(t: TestContext, onSocket: (socket: Socket) => void): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return await listen(t, server);
}
