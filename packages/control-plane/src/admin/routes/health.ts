import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { AdminContext } from "../context.ts";
import { Health, Readiness, Server } from "../schemas/health.ts";

/** What machines ask: is it up, is it ready, how is it doing, where does it listen. */
export function healthRoutes({ readiness, server, metrics }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/healthz",
      {
        schema: {
          operationId: "getHealth",
          summary: "Is the process up?",
          tags: ["health"],
          response: { 200: Health },
        },
      },
      async () => ({ status: "ok" as const }),
    );

    app.get(
      "/readyz",
      {
        schema: {
          operationId: "getReadiness",
          summary: "Should proxies be sent here?",
          description:
            "503 until every source has loaded once, and while shutting down. A broken group does not make it unready: " +
            "its last good state is served.",
          tags: ["health"],
          response: { 200: Readiness, 503: Readiness },
        },
      },
      async (_request, reply) => {
        const document = readiness();
        return reply.code(document.ready ? 200 : 503).send(document);
      },
    );

    app.get(
      "/metrics",
      {
        schema: {
          operationId: "getMetrics",
          summary: "Metrics for Prometheus",
          tags: ["health"],
          response: {
            200: { description: "Exposition text.", content: { "text/plain": { schema: z.string() } } },
          },
        },
      },
      async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()),
    );

    app.get(
      "/v1/server",
      {
        schema: {
          operationId: "getServer",
          summary: "What runs here and where it listens",
          tags: ["health"],
          response: { 200: Server },
        },
      },
      async () => server(),
    );
  };
}
