import { readFileSync } from "node:fs";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

/** A copy of proto/, made with the generated code: that is published. */
const PROTO = new URL("../../../gen/fairlead/registry/v1/registry.proto", import.meta.url);

/** The registry's gRPC API as it is served here, for clients to be built from. */
export function registryProtoRoutes(): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/registry.proto",
      {
        schema: {
          operationId: "getRegistryProto",
          summary: "Get the registry's gRPC API as a .proto file",
          description:
            "Served on the xDS port, which also tells of it by reflection: one call for any number of instances.",
          tags: ["services"],
          response: {
            200: {
              description: "`fairlead/registry/v1/registry.proto`.",
              content: { "text/plain": { schema: z.string() } },
            },
          },
        },
      },
      async (_, reply) => reply.type("text/plain; charset=utf-8").send(readFileSync(PROTO, "utf8")),
    );
  };
}
