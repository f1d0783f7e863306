import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import type { AdminContext } from "../context.ts";
import { cutReception, receptionOf } from "../reception.ts";
import { revisionDocument } from "../revision-document.ts";
import type { Revision } from "../revision-history.ts";
import { RevisionDetail, RevisionPath, RevisionsPage, RevisionsQuery } from "../schemas/revisions.ts";
import { withProblems } from "../schemas/with-problems.ts";

/** Revisions: what changed when, by whom, and how proxies took it. */
export function revisionRoutes({ store, history, clients, reachOf }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/revisions",
      {
        schema: {
          operationId: "listRevisions",
          summary: "List the newest revisions",
          description:
            "What changed, by whom, and why. Kept in memory since the start, at most `admin.maxRevisions` of them.",
          tags: ["revisions"],
          querystring: RevisionsQuery,
          response: withProblems({ 200: RevisionsPage }, 400),
        },
      },
      async ({ query: { group, limit, before = Number.POSITIVE_INFINITY } }) => {
        const found: Revision[] = [];
        for (const revision of history.newestFirst()) {
          if (revision.revision >= before || !concerns(revision, group)) continue;
          found.push(revision);
          if (found.length > limit) break;
        }
        const page = found.slice(0, limit);
        const next = found.length > limit ? page.at(-1)?.revision : undefined;
        return { revision: store.state().revision, revisions: page.map(revisionDocument), next };
      },
    );

    app.get(
      "/v1/revisions/:revision",
      {
        schema: {
          operationId: "getRevision",
          summary: "Show one revision and how far it has come",
          description: "Who accepted it or something newer, who rejected it and why, who has not answered.",
          tags: ["revisions"],
          params: RevisionPath,
          response: withProblems({ 200: RevisionDetail }, 400, 404),
        },
      },
      async ({ params }) => {
        const found = history.get(params.revision);
        if (!found) throw revisionUnknown(params.revision);
        const { revision, committedAtMs } = found;
        const now = [...clients()];
        const receptions = found.groups.map(({ group, typeUrls }) => {
          return [
            group,
            cutReception(receptionOf(now, { groups: reachOf(group, revision), revision, typeUrls, committedAtMs })),
          ] as const;
        });
        return { ...revisionDocument(found), reception: Object.fromEntries(receptions) };
      },
    );
  };
}

/** Whether it changed that group; one that changed too many to remember might have. */
function concerns({ groups, groupCount }: Revision, group: string | undefined): boolean {
  return group === undefined || groups.some((one) => one.group === group) || groupCount > groups.length;
}

function revisionUnknown(revision: number): FairleadError {
  return new FairleadError(
    "revision-unknown",
    `Revision ${revision} is not remembered; 'fairlead get revisions' (GET /v1/revisions) lists those that are.`,
  );
}
