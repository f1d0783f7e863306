import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import type { MissingReplica } from "../../replicas/ask-others.ts";
import type { AdminContext } from "../context.ts";
import { listNodes } from "../list-nodes.ts";
import { stateOf } from "../node-document.ts";
import { NodeById, type NodeDocument, NodePath, NodesPage, NodesQuery } from "../schemas/nodes.ts";
import { withProblems } from "../schemas/with-problems.ts";

/** The most proxies of one node id that are shown. */
const MAX_OF_ONE_ID = 1_000;

/** Connected proxies: what each holds, accepted, rejected, waits for. */
export function nodeRoutes(context: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/nodes",
      {
        schema: {
          operationId: "listNodes",
          summary: "List connected proxies",
          description:
            "Of all replicas, with the replica that holds each. What a replica that does not answer holds is missing, and said so.",
          tags: ["nodes"],
          querystring: NodesQuery,
          response: withProblems({ 200: NodesPage }, 400),
        },
      },
      async ({ query }) => {
        const { items, next, missing } = await listNodes(context, query);
        return { nodes: [...items], next, missing };
      },
    );

    app.get(
      "/v1/nodes/:id",
      {
        schema: {
          operationId: "getNode",
          summary: "Show the proxies of one node id",
          description:
            "Per type whether it is in sync, what it last accepted, why it rejected, and which stage of make before " +
            "break waits for what.",
          tags: ["nodes"],
          params: NodePath,
          response: withProblems({ 200: NodeById }, 400, 404),
        },
      },
      async ({ params: { id } }) => {
        const { items, missing } = await listNodes(context, {
          id,
          limit: MAX_OF_ONE_ID,
          observers: "true",
          local: "false",
        });
        if (items.length === 0) throw nodeUnknown(id, missing);
        return { id, state: worstOf(items), clients: [...items], missing };
      },
    );
  };
}

function worstOf(nodes: readonly NodeDocument[]) {
  return stateOf(nodes.flatMap(({ types }) => types));
}

function nodeUnknown(id: string, missing: readonly MissingReplica[] = []): FairleadError {
  const unasked = missing.map(({ replica, reason }) => ` Replica ${replica} did not answer (${reason}).`).join("");
  const message = `No proxy is connected as ${JSON.stringify(id)}; 'fairlead get nodes' (GET /v1/nodes) lists those that are.${unasked}`;
  return new FairleadError("node-unknown", message);
}
