import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import { askOthers } from "../../replicas/ask-others.ts";
import { sourceDocumentKey } from "../../replicas/elect-sources.ts";
import { strayOwners } from "../../sources/withdraw-strays.ts";
import { type Change, DERIVED_OWNER, type StoreState } from "../../store/store.ts";
import { API_OWNER } from "../api-resources.ts";
import type { AdminContext } from "../context.ts";
import type { ReadinessDocument } from "../schemas/health.ts";
import { ForgetSourceQuery, ForgottenSource, SourcePath } from "../schemas/sources.ts";
import { withProblems } from "../schemas/with-problems.ts";

/** Groups of one answer. */
const MAX_GROUPS = 1_000;
/** Names that a message has. */
const MAX_NAMED = 10;

/** What sources left that are in no configuration any more. */
export function sourceRoutes({ committer, readiness, replicas }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.delete(
      "/v1/sources/:source",
      {
        schema: {
          operationId: "forgetSource",
          summary: "Withdraw what a source left",
          description:
            "All resources of a source that no replica has in its configuration any more, in all groups, as one commit. Each replica that " +
            "is there is asked; one that has the source, or does not answer, is a reason to refuse. A group that is left without any owner " +
            "is deleted, and its proxies keep what they have.",
          tags: ["resources"],
          params: SourcePath,
          querystring: ForgetSourceQuery,
          response: withProblems({ 200: ForgottenSource }, 400, 404, 409, 503, 507),
        },
      },
      async ({ params: { source }, query: { dryRun, author, reason } }) => {
        await assertNobodyHas(source);
        let left: readonly { readonly group: string; readonly resources: number }[] = [];
        const changesOf = (state: StoreState): readonly Change[] => {
          left = leftOf(state, source);
          const key = sourceDocumentKey(source);
          const isTold = state.documents.has(key);
          if (left.length === 0 && !isTold) throw unknown(source, state);
          const withdrawn = left.map(({ group }): Change => ({ kind: "withdraw", group, owner: source }));
          return isTold ? [...withdrawn, { kind: "document", key, value: undefined }] : withdrawn;
        };
        const why = reason ?? `${source} is in no configuration any more`;
        const { revision } = await committer.commit(changesOf, { dryRun: dryRun === "true", author, reason: why });
        const resources = left.reduce((sum, group) => sum + group.resources, 0);
        return { source, revision, resources, groups: left.length, byGroup: left.slice(0, MAX_GROUPS) };
      },
    );
  };

  async function assertNobodyHas(source: string): Promise<void> {
    if (source === API_OWNER || source === DERIVED_OWNER) {
      throw configured(`${source} is no source, but what the admin API or the registry manages: delete that there.`);
    }
    if (has(readiness(), source)) throw configured(`${source} is in this replica's configuration: take it out first.`);
    const { answers, missing } = await askOthers<ReadinessDocument>(replicas.others(), { path: "/readyz" });
    const found = answers.find(({ value }) => has(value, source));
    if (found) {
      const { id } = found.replica;
      throw configured(`${source} is in the configuration of replica ${id}: take it out there first.`);
    }
    const [silent] = missing;
    if (silent) {
      throw configured(
        `Whether replica ${silent.replica} has ${source} in its configuration is not known: it is not ready, or does not answer ` +
          `(${silent.reason}). Ask again when it does, or is gone from the list.`,
      );
    }
  }

  function unknown(source: string, state: StoreState): FairleadError {
    const known = new Set([API_OWNER, DERIVED_OWNER, ...readiness().sources.map(({ source }) => source)]);
    const strays = [...strayOwners(state, known)].sort().slice(0, MAX_NAMED);
    const hint = strays.length > 0 ? `not configured here, and of which there is something: ${strays.join(", ")}.` : "";
    return new FairleadError("source-unknown", `The store holds nothing of a source ${source}. ${hint}`.trimEnd());
  }
}

function has({ sources }: ReadinessDocument, name: string): boolean {
  return sources.some(({ source }) => source === name);
}

function leftOf({ groups }: StoreState, owner: string) {
  return [...groups.values()]
    .filter(({ owners }) => owners.has(owner))
    .map(({ group, owners }) => ({ group, resources: owners.get(owner)!.size }))
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}

function configured(message: string): FairleadError {
  return new FairleadError("source-configured", message);
}
