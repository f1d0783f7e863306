import type { ClientStatus } from "@fairlead/xds";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import type { AdminContext } from "../context.ts";
import { nodeDocument, stateOf } from "../node-document.ts";
import { pageOf } from "../page.ts";
import { NodeById, NodePath, NodesPage, NodesQuery } from "../schemas/nodes.ts";
import { withProblems } from "../schemas/with-problems.ts";

/** Connected proxies: what each holds, accepted, rejected, waits for. */
export function nodeRoutes({ clients }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/nodes",
      {
        schema: {
          operationId: "listNodes",
          summary: "List connected proxies",
          tags: ["nodes"],
          querystring: NodesQuery,
          response: withProblems({ 200: NodesPage }, 400),
        },
      },
      async ({ query }) => {
        const page = pageOf(matching(clients(), query), keyOf, query);
        return { nodes: page.items.map(nodeDocument), next: page.next };
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
        const found = [...clients()].filter((client) => client.node.id === id);
        if (found.length === 0) {
          const message = `No proxy is connected as ${JSON.stringify(id)}; 'fairlead get nodes' (GET /v1/nodes) lists those that are.`;
          throw new FairleadError("node-unknown", message);
        }
        return { id, state: stateOf(found.flatMap((client) => client.types)), clients: found.map(nodeDocument) };
      },
    );
  };
}

function* matching(
  clients: Iterable<ClientStatus>,
  query: { group?: string | undefined; state?: string | undefined; observers: string },
): Iterable<ClientStatus> {
  for (const client of clients) {
    if (client.isObserver && query.observers === "false") continue;
    if (query.group !== undefined && client.group !== query.group) continue;
    if (query.state !== undefined && stateOf(client.types) !== query.state) continue;
    yield client;
  }
}

/** Several clients may claim one id; their streams tell them apart. */
function keyOf(client: ClientStatus): string {
  return `${client.node.id}\n${client.peer}\n${client.streams[0] ?? ""}`;
}
