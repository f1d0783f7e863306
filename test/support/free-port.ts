import { once } from "node:events";
import { createServer } from "node:net";

// Below the kernel's ephemeral range (32768 and up), so that no outgoing connection takes the port
// between our look and the listener's bind. Each process starts elsewhere.
const FIRST = 20_000;
const COUNT = 12_000;
let next = (process.pid * 97) % COUNT;

/** Finds a TCP port on 127.0.0.1 for a program that can't choose its own, such as an Envoy listener. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error("no free TCP port on 127.0.0.1");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
