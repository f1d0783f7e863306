import type { FastifyReply } from "fastify";
import { FairleadError } from "../errors.ts";

/**
 * Bounds how many read a stream of events at a time. The function that it makes takes a reply out of Fastify's hands, and says
 * whether its reader is still there; it throws `too-busy` for one too many.
 *
 * @param what "read events": what the readers do
 */
export function admitReaders(most: number, what: string): (reply: FastifyReply) => boolean {
  let readers = 0;
  return (reply) => {
    if (readers >= most) throw new FairleadError("too-busy", `${most} ${what} already: try again.`);
    reply.hijack();
    if (reply.raw.destroyed) return false; // its end has been told, and would not be told again
    readers++;
    reply.raw.once("close", () => readers--);
    return true;
  };
}
