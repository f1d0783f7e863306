import type { FastifyInstance, FastifyRequest } from "fastify";
import { FairleadError } from "../errors.ts";

/** Requests with bodies are refused while the bodies of others may take more than this, bytes. */
const MAX_BODIES_BYTES = 256 * 1_048_576;

/**
 * Bounds the memory of all request bodies together: one may be 64 MiB, and many may come at once. What a request may
 * take is what it declares, or the most that one may have.
 */
export function budgetBodies(app: FastifyInstance, maxBodyBytes: number): void {
  let reservedBytes = 0;

  app.addHook("onRequest", (request, _reply, done) => {
    const bytes = bodyBytes(request, maxBodyBytes);
    if (bytes === 0) return done();
    // One alone is always taken up, however large a body the configuration allows.
    if (reservedBytes > 0 && reservedBytes + bytes > MAX_BODIES_BYTES) {
      return done(new FairleadError("too-busy", "Too many large requests at once: try again."));
    }
    reservedBytes += bytes;
    // The socket's end, not the answer's: a client that leaves in the middle of its body is never answered.
    request.raw.once("close", () => {
      reservedBytes -= bytes;
    });
    done();
  });
}

function bodyBytes({ headers }: FastifyRequest, maxBodyBytes: number): number {
  if (headers["transfer-encoding"] !== undefined) return maxBodyBytes;
  return Math.min(Number(headers["content-length"] ?? 0), maxBodyBytes);
}
