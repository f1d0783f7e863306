import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import { compareStates } from "../../history/compare-states.ts";
import { requireRevision, resolveRevision, stateAtRevision } from "../../history/resolve-revision.ts";
import type { AdminContext } from "../context.ts";
import type { Revision } from "../describe-revision.ts";
import { parseType } from "../parse-type.ts";
import { cutReception, receptionOf } from "../reception.ts";
import { revisionDocument } from "../revision-document.ts";
import { DiffPath, DiffQuery, RevisionDiff, RevisionPath } from "../schemas/history.ts";
import { RevisionDetail, RevisionsPage, RevisionsQuery } from "../schemas/revisions.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { showStateDifferences } from "../show-state-differences.ts";

/** Revisions that one request looks through for those that fit its filters; `next` goes on after them. */
const MAX_SCANNED = 5_000;
/** Differences that are made at a time: each may hold two whole states that nobody else does. */
const MAX_DIFFS = 4;

/** Revisions: what changed when, by whom, and how proxies took it. */
export function revisionRoutes({ store, types, history, clients, reachOf }: AdminContext): FastifyPluginAsyncZod {
  let diffs = 0;

  return async (app) => {
    app.get(
      "/v1/revisions",
      {
        schema: {
          operationId: "listRevisions",
          summary: "List the newest revisions",
          description:
            "What changed, by whom, and why. The newest `admin.maxRevisions` since the start; with a durable store all that its " +
            "retention keeps, over restarts.",
          tags: ["revisions"],
          querystring: RevisionsQuery,
          response: withProblems({ 200: RevisionsPage }, 400, 503),
        },
      },
      async ({ query: { limit, since, before = Number.POSITIVE_INFINITY, ...filter } }) => {
        // A revision is never less than the time at which it was made.
        const sinceMs = since === undefined ? 0 : Date.parse(since);
        const found: Revision[] = [];
        let next: number | undefined;
        let scanned = 0;
        for await (const revision of history.newestFirst({ before, from: sinceMs })) {
          if (found.length === limit || scanned === MAX_SCANNED) {
            next = revision.revision + 1;
            break;
          }
          scanned++;
          if (revision.committedAtMs >= sinceMs && fits(revision, filter)) found.push(revision);
        }
        return { revision: store.state().revision, revisions: found.map(revisionDocument), next };
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
          response: withProblems({ 200: RevisionDetail }, 400, 404, 410, 503),
        },
      },
      async ({ params }) => {
        const found = await find(params.revision);
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

    app.get(
      "/v1/revisions/:from/diff/:to",
      {
        schema: {
          operationId: "diffRevisions",
          summary: "Compare two revisions",
          description:
            "What differs between the states right after two revisions, field by field, whoever defines it. The second may be the " +
            "older one.",
          tags: ["revisions"],
          params: DiffPath,
          querystring: DiffQuery,
          response: withProblems({ 200: RevisionDiff }, 400, 404, 410, 503),
        },
      },
      async ({ params, query: { group, type, limit, after } }) => {
        if (diffs >= MAX_DIFFS)
          throw new FairleadError("too-busy", `${MAX_DIFFS} differences are made already: try again.`);
        diffs++;
        try {
          const [from, to] = [await resolveRevision(store, params.from), await resolveRevision(store, params.to)];
          const filter = { group, typeUrl: type === undefined ? undefined : parseType(type) };
          const differences = compareStates(
            await stateAtRevision(store, from),
            await stateAtRevision(store, to),
            filter,
          );
          return { from, to, ...showStateDifferences(types.schema(), differences, { limit, after }) };
        } finally {
          diffs--;
        }
      },
    );
  };

  async function find(name: string): Promise<Revision> {
    const known = history.get(Number(name)); // whether the store can be asked or not
    if (known) return known;
    const revision = /^\d+$/.test(name) ? Number(name) : await resolveRevision(store, name);
    const found = await history.find(revision);
    if (found) return found;
    await requireRevision(store, revision);
    const message = `Nothing is known of revision ${revision} but what it led to: no change since then begins before it.`;
    throw new FairleadError("revision-unknown", message);
  }
}

interface Filter {
  readonly group?: string | undefined;
  readonly author?: string | undefined;
}

/** Whether it changed that group (one that changed too many to remember might have), and is by that author. */
function fits({ groups, groupCount, author: by }: Revision, { group, author }: Filter): boolean {
  if (author !== undefined && !by?.toLowerCase().includes(author.toLowerCase())) return false;
  return group === undefined || groups.some((one) => one.group === group) || groupCount > groups.length;
}
