import type { IncomingHttpHeaders } from "node:http";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { GROUP_RULES_KEY } from "../../groups/rules-document.ts";
import type { Json } from "../../store/store.ts";
import type { AdminContext } from "../context.ts";
import { etagOf, readPrecondition, requirePrecondition } from "../precondition.ts";
import { PutRules, RulesDocument, RulesHeaders } from "../schemas/rules.ts";
import { DocumentQuery, Written } from "../schemas/services.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { writeDocument } from "../write-document.ts";

const PATH = "/v1/rules";

/** Which group serves a node: the rules that count, and those in the store. */
export function rulesRoutes(context: Pick<AdminContext, "store" | "types" | "rules">): FastifyPluginAsyncZod {
  const { rules } = context;
  return async (app) => {
    app.get(
      PATH,
      {
        schema: {
          operationId: "getRules",
          summary: "Show which rules say what group serves a node",
          tags: ["groups"],
          response: withProblems({ 200: RulesDocument }),
        },
      },
      async (_request, reply) => {
        const { from, rules: list, document } = rules.inForce();
        if (document) reply.header("etag", etagOf(document));
        return { from, revision: document?.revision ?? 0, rules: [...list] };
      },
    );

    app.put(
      PATH,
      {
        schema: {
          operationId: "putRules",
          summary: "Say which group serves a node",
          description:
            "Replaces the rules: those in the store, or else `groups:` of the configuration, on every replica at the same revision. " +
            "Connected nodes are assigned anew at once.",
          tags: ["groups"],
          querystring: DocumentQuery,
          headers: RulesHeaders,
          body: PutRules,
          response: withProblems({ 200: Written }, 400, 412, 413, 503, 507),
        },
      },
      async ({ query, headers, body }) => await write(body.rules as unknown as Json, query, headers),
    );

    app.delete(
      PATH,
      {
        schema: {
          operationId: "deleteRules",
          summary: "Go back to the rules of the configuration",
          description:
            "Takes the rules in the store away: on each replica `groups:` of its configuration counts again.",
          tags: ["groups"],
          querystring: DocumentQuery,
          headers: RulesHeaders,
          response: withProblems({ 200: Written }, 400, 412, 503),
        },
      },
      async ({ query, headers }) => await write(undefined, query, headers),
    );
  };

  async function write(value: Json | undefined, query: z.output<typeof DocumentQuery>, headers: IncomingHttpHeaders) {
    const precondition = readPrecondition(headers);
    return await writeDocument(context, {
      key: GROUP_RULES_KEY,
      value,
      query,
      judge: (present) => requirePrecondition(precondition, `The document ${GROUP_RULES_KEY}`, present),
    });
  }
}
