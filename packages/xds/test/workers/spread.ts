import type { RawXdsStream } from "../../src/client/raw-stream.ts";
import type { XdsServer } from "../../src/server/xds-server.ts";
import { waitFor } from "../support/wait-for.ts";

/**
 * Opens streams, each on a connection of its own, until one is on that worker: the kernel chooses, by a digest of
 * addresses and ports. The others are closed.
 *
 * @param open opens a stream, and resolves once it has been answered
 * @param worker from 1; left out: whichever
 */
export async function openOn(
  server: XdsServer,
  open: () => Promise<RawXdsStream>,
  worker?: number,
): Promise<{ readonly stream: RawXdsStream; readonly worker: number }> {
  for (let tried = 0; tried < 64; tried++) {
    const before = server.workers.map(({ streams }) => streams);
    const stream = await open();
    const at = server.workers.find(({ streams }, index) => streams > before[index]!)!.worker;
    if (worker === undefined || at === worker) return { stream, worker: at };
    stream.close();
    await waitFor("the stream's end", () => server.workers[at - 1]!.streams === before[at - 1]!);
  }
  throw new Error(`of 64 connections none went to worker ${worker}`);
}

/** The worker that is not this one, of two. */
export function otherThan(worker: number): number {
  return 3 - worker;
}
