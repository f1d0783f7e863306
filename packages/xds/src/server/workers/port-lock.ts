import { createServer, type Server } from "node:net";
import { XdsError } from "../../errors.ts";

/** What keeps a port for this process. */
export interface PortLock {
  release(): Promise<void>;
}

/**
 * Makes sure that nobody else listens there. With `reusePort` a second server would bind silently, and each get half of
 * the clients: so the port is first bound without it, which fails if anybody has it. Two that start at the same moment
 * are told apart by a name that only one can have, of Linux's abstract sockets: it goes with its process, however that ends.
 *
 * @throws XdsError `listen-failed`
 */
export async function lockPort(host: string, port: number): Promise<PortLock> {
  if (port === 0) return { release: async () => {} }; // the kernel gives one that nobody has
  const lock = createServer();
  lock.unref();
  try {
    if (process.platform === "linux") await listening(lock, { path: `\0fairlead-xds ${host} ${port}` });
    const probe = createServer((socket) => socket.destroy());
    await listening(probe, { host, port });
    await closed(probe);
  } catch (error) {
    await closed(lock);
    const cause = error as NodeJS.ErrnoException;
    throw new XdsError("listen-failed", `cannot listen on ${host}:${port}: ${cause.message}`, { cause });
  }
  return { release: () => closed(lock) };
}

function listening(server: Server, where: object): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
