import type { Schema } from "@fairlead/envoy-api";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { FairleadError } from "../../errors.ts";
import { resourceJson } from "../../resources/show.ts";
import { countKinds } from "../../store/compare.ts";
import { type Entry, formatPlace, type GroupState, keyOf } from "../../store/store.ts";
import type { ApiWrite, EmptyableWriteOptions, WriteOptions } from "../api-resources.ts";
import type { AdminContext } from "../context.ts";
import { draining } from "../draining.ts";
import { groupUnknown } from "../group-unknown.ts";
import { pageOf } from "../page.ts";
import { parseType } from "../parse-type.ts";
import { placeFaults } from "../place-faults.ts";
import { etagOf, isHeldByAsker, readPrecondition } from "../precondition.ts";
import { durationMs, GroupPath, NotModified } from "../schemas/common.ts";
import type { WaitResult } from "../schemas/reception.ts";
import {
  DeleteQuery,
  PatchResources,
  PutResources,
  ReadHeaders,
  ResourcesPage,
  ResourcesQuery,
  WriteHeaders,
  WriteQuery,
  WriteResult,
} from "../schemas/resources.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { showDifferences } from "../show-differences.ts";
import { typeVersions } from "../type-versions.ts";
import { waitEverywhere } from "../wait-everywhere.ts";

/** The most warnings in one answer. */
const MAX_WARNINGS = 100;

/** Requests that may wait for ACKs at a time: each looks at all clients again and again. */
const MAX_WAITS = 64;

const PATH = "/v1/groups/:group/resources";

const WRITE = { tags: ["resources"], params: GroupPath, querystring: WriteQuery, headers: WriteHeaders };

const WRITTEN = {
  200: WriteResult,
  202: WriteResult.describe(
    "The change was made, and some proxies have not answered it in time. With `wait=acked` only.",
  ),
};

/** What proxies of a group are served: read it, and change what the API manages of it. */
export function resourceRoutes(context: AdminContext): FastifyPluginAsyncZod {
  const { store, types, apiResources } = context;
  let waits = 0;

  return async (app) => {
    app.put(
      PATH,
      {
        schema: {
          operationId: "putResources",
          summary: "Replace what the API manages of a group",
          description:
            "Atomic: all of it is served, or none. What files define of the group stays; a name that a file defines is a " +
            "conflict. Equal content makes no new revision.",
          body: PutResources,
          ...WRITE,
          response: withProblems(WRITTEN, 400, 409, 412, 413, 424, 503),
        },
      },
      (request, reply) => {
        const { group } = request.params;
        const options = emptyable(request);
        return change(request, reply, () => apiResources.replace(group, request.body, options));
      },
    );

    app.patch(
      PATH,
      {
        schema: {
          operationId: "patchResources",
          summary: "Add, replace and remove some of what the API manages of a group",
          description:
            "Atomic, as PUT is. What is not named stays as it is. A group that does not exist comes into being. An upsert or " +
            "removal of what a file defines is a conflict.",
          body: PatchResources,
          ...WRITE,
          response: withProblems(WRITTEN, 400, 409, 412, 413, 424, 503),
        },
      },
      (request, reply) => {
        const { group } = request.params;
        const options = emptyable(request);
        return change(request, reply, () => apiResources.patch(group, request.body, options));
      },
    );

    app.get(
      PATH,
      {
        schema: {
          operationId: "listResources",
          summary: "List the resources of a group",
          description:
            "All that the group's proxies are served, whoever defines it; secrets are shown as `[redacted]`. The `ETag` is the " +
            "group's revision, for an `If-Match` of a write; a `place` may change without it.",
          tags: ["resources"],
          params: GroupPath,
          querystring: ResourcesQuery,
          headers: ReadHeaders,
          response: withProblems({ 200: ResourcesPage, 304: NotModified }, 400, 404),
        },
      },
      async ({ params, query, headers }, reply) => {
        const state = store.state().groups.get(params.group);
        if (!state) throw groupUnknown(params.group);
        reply.header("etag", etagOf(state));
        if (isHeldByAsker(readPrecondition(headers), state)) return reply.code(304).send(null);
        const page = pageOf(matching(state, query), ({ resource }) => keyOf(resource), query);
        const resources = page.items.map((entry) => servedResource(types.schema(), entry));
        return { group: state.group, revision: state.revision, resources, next: page.next };
      },
    );

    app.delete(
      PATH,
      {
        schema: {
          operationId: "deleteResources",
          summary: "Withdraw from a group all that the API manages",
          description:
            "Forgets the versions given too. What files define stays. A group that nobody defines any more is gone, and its " +
            "proxies keep what they have.",
          ...WRITE,
          querystring: DeleteQuery,
          response: withProblems(WRITTEN, 400, 404, 412, 424, 503),
        },
      },
      (request, reply) => {
        const { group } = request.params;
        const options = writeOptions(request);
        return change(request, reply, () => apiResources.withdraw(group, options));
      },
    );
  };

  /** Writes, and waits if asked to. A wait that could not be afforded is refused before anything is changed. */
  async function change(request: WriteRequest, reply: FastifyReply, write: () => Promise<ApiWrite>) {
    const { query, params } = request;
    const isDryRun = query.dryRun === "true";
    if (context.closing.aborted && !isDryRun) throw draining();
    if (query.wait === undefined || isDryRun) return answer(request, reply, await write());
    if (waits >= MAX_WAITS)
      throw new FairleadError("too-busy", "Too many requests wait for ACKs: nothing was changed.");
    waits++;
    try {
      const done = await write();
      const result = answer(request, reply, done);
      const { typeUrls, committedAtMs } = done;
      const { revision } = result;
      const commit = { groups: context.reachOf(params.group, revision), revision, typeUrls, committedAtMs };
      const gone = new AbortController();
      request.raw.once("close", () => gone.abort());
      const signal = AbortSignal.any([gone.signal, context.closing]);
      const wait = await waitEverywhere(context, commit, { timeoutMs: durationMs(query.timeout), signal });
      if (wait.outcome === "rejected") throw proxiesRejected(result.revision, wait);
      return reply.code(wait.outcome === "timeout" ? 202 : 200).send({ ...result, wait });
    } finally {
      waits--;
    }
  }

  function answer(request: WriteRequest, reply: FastifyReply, { report, before, differences, warnings }: ApiWrite) {
    const isDryRun = request.query.dryRun === "true";
    const after = report.state.groups.get(request.params.group);
    const present = isDryRun ? before : after;
    if (present) reply.header("etag", etagOf(present));
    return {
      revision: isDryRun ? (before?.revision ?? 0) : (after?.revision ?? report.revision),
      changed: report.changed,
      counts: countKinds(differences),
      versions: typeVersions(after),
      ...(isDryRun && { diff: showDifferences(types.schema(), differences) }),
      ...(warnings.length > 0 && { warnings: placeFaults(warnings.slice(0, MAX_WARNINGS), request) }),
    };
  }
}

/** How a write was asked for. */
type WriteRequest = FastifyRequest & {
  readonly query: z.output<typeof DeleteQuery>;
  readonly params: { group: string };
};

function writeOptions({ query, headers }: WriteRequest): WriteOptions {
  const { author, reason } = query;
  return { dryRun: query.dryRun === "true", precondition: readPrecondition(headers), author, reason };
}

function emptyable(request: WriteRequest & { readonly query: z.output<typeof WriteQuery> }): EmptyableWriteOptions {
  return { ...writeOptions(request), allowEmpty: request.query.allowEmpty === "true" };
}

function proxiesRejected(revision: number, wait: WaitResult): FairleadError {
  const [first] = wait.rejected;
  const proxies = new Set(wait.rejected.map(({ node, peer }) => `${node}\n${peer}`)).size;
  const what = [first?.typeUrl, first?.name].filter(Boolean).join(" ");
  const message =
    `Revision ${revision} is made, and ${proxies} of its proxies rejected it. ` +
    `${first?.node} says of ${what}: ${first?.message}`;
  return new FairleadError("proxies-rejected", message, { members: { revision, wait } });
}

function* matching(
  state: GroupState,
  query: { type?: string | undefined; name?: string | undefined; owner?: string | undefined },
): Iterable<Entry> {
  const typeUrl = query.type === undefined ? undefined : parseType(query.type);
  for (const [url, entries] of state.types) {
    if (typeUrl !== undefined && url !== typeUrl) continue;
    for (const entry of query.name === undefined ? entries.values() : [entries.get(query.name)]) {
      if (entry && (query.owner === undefined || entry.owner === query.owner)) yield entry;
    }
  }
}

function servedResource(schema: Schema, { resource, owner, place }: Entry) {
  const { typeUrl, name, version, aliases, ttlMs, value } = resource;
  return {
    typeUrl,
    name,
    version,
    owner,
    place: formatPlace(place),
    ...(aliases.length > 0 && { aliases: [...aliases] }),
    ...(ttlMs !== undefined && { ttlMs }),
    resource: resourceJson(schema, { typeUrl, value }),
  };
}
