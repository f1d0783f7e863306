import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** A way to a server that is quick for so many connections, and slow for all others. */
export interface SlowAbove {
  readonly address: string;
  close(): void;
}

/**
 * @param target `host:port`
 * @param delayMs added to what the server says on connections above
 */
export async function slowAbove(connections: number, delayMs: number, target: string): Promise<SlowAbove> {
  const [host, port] = target.split(":");
  let open = 0;
  const server = createServer((client) => {
    const isSlow = ++open > connections;
    const behind = connect(Number(port), host);
    client.pipe(behind);
    if (isSlow) behind.on("data", (bytes) => setTimeout(() => client.write(bytes), delayMs));
    else behind.pipe(client);
    client.on("error", () => {});
    behind.on("error", () => {});
    client.once("close", () => {
      open--;
      behind.destroy();
    });
    behind.once("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
