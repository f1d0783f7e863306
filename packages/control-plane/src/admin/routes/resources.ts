import { resourceToJson, type Schema } from "@fairlead/envoy-api";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { FairleadError } from "../../errors.ts";
import { redactJson } from "../../resources/redact.ts";
import { type Entry, formatPlace, type GroupState, keyOf } from "../../store/store.ts";
import type { ApiWrite } from "../api-resources.ts";
import type { AdminContext } from "../context.ts";
import { pageOf } from "../page.ts";
import { parseType } from "../parse-type.ts";
import { placeFaults } from "../place-faults.ts";
import { durationMs, GroupPath } from "../schemas/common.ts";
import {
  DeleteQuery,
  PutQuery,
  PutResources,
  ResourcesPage,
  ResourcesQuery,
  WriteResult,
} from "../schemas/resources.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { typeVersions } from "../type-versions.ts";
import { waitForAcks } from "../wait-for-acks.ts";

/** The most warnings in one answer. */
const MAX_WARNINGS = 100;

/** Requests that may wait for ACKs at a time: each looks at all clients again and again. */
const MAX_WAITS = 64;

/** What proxies of a group are served: read it, and change what the API manages of it. */
export function resourceRoutes(context: AdminContext): FastifyPluginAsyncZod {
  const { store, schema, apiResources } = context;
  let waits = 0;

  return async (app) => {
    app.put(
      "/v1/groups/:group/resources",
      {
        schema: {
          operationId: "putResources",
          summary: "Replace what the API manages of a group",
          description:
            "Atomic: all of it is served, or none. What files define of the group stays; a name that a file defines is a " +
            "conflict. Equal content makes no new revision.",
          tags: ["resources"],
          params: GroupPath,
          querystring: PutQuery,
          body: PutResources,
          response: withProblems({ 200: WriteResult }, 400, 409, 413, 503),
        },
      },
      async (request) => {
        const { body, params, query } = request;
        const options = { dryRun: query.dryRun === "true", allowEmpty: query.allowEmpty === "true" };
        return change(request, params.group, query, () => apiResources.replace(params.group, body, options));
      },
    );

    app.get(
      "/v1/groups/:group/resources",
      {
        schema: {
          operationId: "listResources",
          summary: "List the resources of a group",
          description:
            "All that the group's proxies are served, whoever defines it; secrets are shown as `[redacted]`.",
          tags: ["resources"],
          params: GroupPath,
          querystring: ResourcesQuery,
          response: withProblems({ 200: ResourcesPage }, 400, 404),
        },
      },
      async ({ params, query }) => {
        const state = store.state().groups.get(params.group);
        if (!state) throw groupUnknown(params.group);
        const page = pageOf(matching(state, query), ({ resource }) => keyOf(resource), query);
        const resources = page.items.map((entry) => servedResource(schema, entry));
        return { group: state.group, revision: state.revision, resources, next: page.next };
      },
    );

    app.delete(
      "/v1/groups/:group/resources",
      {
        schema: {
          operationId: "deleteResources",
          summary: "Withdraw from a group all that the API manages",
          description:
            "Forgets the versions given too. What files define stays. A group that nobody defines any more is gone, and its " +
            "proxies keep what they have.",
          tags: ["resources"],
          params: GroupPath,
          querystring: DeleteQuery,
          response: withProblems({ 200: WriteResult }, 400, 404, 503),
        },
      },
      async (request) => {
        const { params, query } = request;
        if (!store.state().groups.has(params.group)) throw groupUnknown(params.group);
        const options = { dryRun: query.dryRun === "true" };
        return change(request, params.group, query, () => apiResources.withdraw(params.group, options));
      },
    );
  };

  /** Writes, and waits if asked to. A wait that could not be afforded is refused before anything is changed. */
  async function change(request: FastifyRequest, group: string, asked: Asked, write: () => Promise<ApiWrite>) {
    const isDryRun = asked.dryRun === "true";
    if (context.closing.aborted && !isDryRun) {
      throw new FairleadError("draining", "This control plane is going down: nothing was changed. Ask the next one.");
    }
    const isWaiting = asked.wait !== undefined && !isDryRun;
    if (!isWaiting) return writeResult(request, group, await write(), isDryRun);
    if (waits >= MAX_WAITS)
      throw new FairleadError("too-busy", "Too many requests wait for ACKs: nothing was changed.");
    waits++;
    try {
      const done = await write();
      const result = writeResult(request, group, done, false);
      const { typeUrls, committedAtMs } = done;
      const commit = { group, revision: result.revision, typeUrls, committedAtMs };
      const gone = new AbortController();
      request.raw.once("close", () => gone.abort());
      const signal = AbortSignal.any([gone.signal, context.closing]);
      return {
        ...result,
        wait: await waitForAcks(context.clients, commit, { timeoutMs: durationMs(asked.timeout), signal }),
      };
    } finally {
      waits--;
    }
  }
}

function writeResult(request: FastifyRequest, group: string, { report, warnings }: ApiWrite, isDryRun: boolean) {
  const state = report.state.groups.get(group);
  return {
    revision: isDryRun ? report.revision : (state?.revision ?? report.revision),
    changed: report.changed,
    versions: typeVersions(state),
    ...(warnings.length > 0 && { warnings: placeFaults(warnings.slice(0, MAX_WARNINGS), request) }),
  };
}

/** How a write was asked for. */
type Asked = z.output<typeof DeleteQuery>;

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
    resource: redactJson(schema, resourceToJson(schema, typeUrl, value)),
  };
}

function groupUnknown(group: string): FairleadError {
  return new FairleadError(
    "group-unknown",
    `There is no group ${JSON.stringify(group)}; 'fairlead get groups' (GET /v1/groups) lists those there are.`,
  );
}
