import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP way to a server that a test can break. */
export interface CuttableLink {
  /** Where to connect: 127.0.0.1. */
  readonly port: number;
  /** Whoever is connected is cut off, and so is who tries anew: an error at once, both ways. */
  refuse(): void;
  /** Nothing gets through any more, and nobody is told: connections are taken, and stay silent. */
  blackhole(): void;
  /** What is sent arrives, and no answer comes back. */
  mute(): void;
  /** All is as before; what was sent into the black hole is lost with its connections. */
  heal(): void;
  close(): Promise<void>;
}

/** Opens a way to a port of 127.0.0.1. */
export async function openLink(targetPort: number): Promise<CuttableLink> {
  let mode: "open" | "refusing" | "silent" | "mute" = "open";
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  };
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    hold(client);
    if (mode === "refusing") return client.resetAndDestroy();
    if (mode === "silent") return client.pause();
    const target = connect(targetPort, "127.0.0.1");
    hold(target);
    client.pipe(target);
    if (mode === "mute") target.pause();
    else target.pipe(client);
    answering.add(target);
    target.once("close", () => answering.delete(target));
    client.once("close", () => target.destroy());
    target.once("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    refuse() {
      mode = "refusing";
      cut();
    },
    blackhole() {
      mode = "silent";
      for (const socket of sockets) socket.unpipe().pause();
    },
    mute() {
      mode = "mute";
      for (const socket of answering) socket.unpipe().pause();
    },
    heal() {
      if (mode === "silent" || mode === "mute") cut();
      mode = "open";
    },
    async close() {
      server.close();
      cut();
      if (server.listening) await once(server, "close");
    },
  };
}
