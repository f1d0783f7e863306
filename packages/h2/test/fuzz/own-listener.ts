import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { OwnServer } from "./own-server.ts";

/** The server under test over sockets: answers as {@link answerTo} says. */
export async function listenOwn(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    const server = new OwnServer();
    const flush = (): void => {
      const bytes = server.take();
      if (bytes.length > 0) socket.write(bytes);
    };
    sockets.add(socket);
    flush();
    socket.on("data", (chunk) => {
      server.connection.receive(chunk);
      flush();
      if (server.fault !== undefined) socket.end();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      server.connection.lose();
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}
