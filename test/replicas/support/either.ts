import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to the first of some servers that is there, as a load balancer gives: who is cut off comes to the next. */
export interface Either {
  /** Where to connect: 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

/** Opens it to ports of 127.0.0.1, those that `ports` says when somebody connects. */
export async function openEither(ports: () => readonly number[]): Promise<Either> {
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  };
  const lead = (client: Socket, [port, ...others]: readonly number[]): void => {
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    const target = connect(port, "127.0.0.1");
    hold(target);
    const next = () => lead(client, others);
    target.once("error", next);
    target.once("connect", () => {
      target.off("error", next);
      client.pipe(target).pipe(client);
      client.once("close", () => target.destroy());
      target.once("close", () => client.destroy());
    });
  };
  const server = createServer((client) => {
    hold(client);
    lead(client, ports());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
