import type { FastifyInstance, HTTPMethods } from "fastify";
import { FairleadError } from "../errors.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Answers 405 with `Allow` where a path exists but not for that method; Fastify by itself says 404.
 * Call it first; routes made after it are counted. `finish` is to be called after the last route.
 */
export function countMethods(app: FastifyInstance): { finish(): void } {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    methodsByUrl.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  return {
    finish() {
      for (const [url, allowed] of [...methodsByUrl]) refuseOthers(app, url, [...allowed]);
    },
  };
}

function refuseOthers(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const allow = allowed.join(", ");
  app.route({
    url,
    method: METHODS.filter((method) => !allowed.includes(method)),
    schema: { hide: true },
    // Before the body is read: it would not be used.
    onRequest: async (request, reply) => {
      reply.header("allow", allow);
      throw new FairleadError("method-not-allowed", `${request.method} does not apply here; allowed: ${allow}.`);
    },
    handler: async () => undefined,
  });
}
