import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { resolveRevision, stateAtRevision } from "../../history/resolve-revision.ts";
import type { AdminContext } from "../context.ts";
import { draining } from "../draining.ts";
import { groupUnknown } from "../group-unknown.ts";
import { rollBack } from "../roll-back.ts";
import { RevisionPath, RollbackQuery, RollbackResult } from "../schemas/history.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { showRollback } from "../show-rollback.ts";

/** The way back to a revision. */
export function rollbackRoutes({ store, committer, types, closing }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      "/v1/revisions/:revision/rollback",
      {
        schema: {
          operationId: "rollBack",
          summary: "Go back to a revision",
          description:
            "Makes a new revision in which what the API manages, and the documents that people write (group rules, settings of services, " +
            "templates), are as they were right after that one, under the versions that they had. What files and other sources " +
            "define, and registered instances, stay as they are: `left` tells which of them are not as they were. Checked as every " +
            "write is; all of it is done, or nothing.",
          tags: ["revisions"],
          params: RevisionPath,
          querystring: RollbackQuery,
          response: withProblems({ 200: RollbackResult }, 400, 404, 409, 410, 412, 503),
        },
      },
      async ({ params, query }) => {
        const isDryRun = query.dryRun === "true";
        if (closing.aborted && !isDryRun) throw draining();
        const to = await resolveRevision(store, params.revision);
        const { group, plan, author, reason = `rollback to ${to}` } = query;
        const target = await stateAtRevision(store, to);
        const isKnown = group === undefined || target.groups.has(group) || store.state().groups.has(group);
        if (!isKnown) throw groupUnknown(group);
        const done = await rollBack({ committer, types }, target, { group, dryRun: isDryRun, plan, author, reason });
        return showRollback(types.schema(), done, { to, isDryRun });
      },
    );
  };
}
