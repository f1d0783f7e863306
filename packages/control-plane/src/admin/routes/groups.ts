import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import { missingIncludes } from "../../store/compose.ts";
import type { GroupState } from "../../store/store.ts";
import type { AdminContext } from "../context.ts";
import { groupUnknown } from "../group-unknown.ts";
import { pageOf } from "../page.ts";
import { cutReception, receptionOf } from "../reception.ts";
import { GroupPath } from "../schemas/common.ts";
import { ForgottenGroup, GroupDetail, GroupsPage, GroupsQuery } from "../schemas/groups.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { typeVersions } from "../type-versions.ts";

/** The most faults shown of one group. */
const MAX_FAULTS = 100;

/** Groups: the nodes that share a configuration. */
export function groupRoutes({
  store,
  clients,
  faultsOf,
  history,
  includes,
  reachOf,
  deletedGroups,
  forgetGroup,
}: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/groups",
      {
        schema: {
          operationId: "listGroups",
          summary: "List groups",
          tags: ["groups"],
          querystring: GroupsQuery,
          response: withProblems({ 200: GroupsPage }, 400),
        },
      },
      async ({ query }) => {
        const state = store.state();
        const nodes = countNodes();
        const others = new Set([...includes.named, ...deletedGroups()]);
        const withoutAny = [...others].filter((group) => !state.groups.has(group)).map(withoutOwn);
        const page = pageOf([...state.groups.values(), ...withoutAny], ({ group }) => group, query);
        const groups = page.items.map((group) => groupDocument(group, nodes.get(group.group) ?? 0));
        return { revision: state.revision, groups, next: page.next };
      },
    );

    app.get(
      "/v1/groups/:group",
      {
        schema: {
          operationId: "getGroup",
          summary: "Show one group",
          description: "What it holds in numbers, what is wrong with its newest input, and how its proxies took it.",
          tags: ["groups"],
          params: GroupPath,
          response: withProblems({ 200: GroupDetail }, 400, 404),
        },
      },
      async ({ params }) => {
        const isKnown = includes.named.has(params.group) || isDeleted(params.group);
        const state = store.state().groups.get(params.group) ?? (isKnown ? withoutOwn(params.group) : undefined);
        if (!state) throw groupUnknown(params.group);
        const { group, revision, types } = state;
        const committedAtMs = history.get(revision)?.committedAtMs ?? 0;
        const commit = { groups: reachOf(group, revision), revision, typeUrls: new Set(types.keys()), committedAtMs };
        const reception = cutReception(receptionOf(clients(), commit));
        return { ...groupDocument(state, countNodes().get(group) ?? 0), reception };
      },
    );

    app.delete(
      "/v1/groups/:group",
      {
        schema: {
          operationId: "forgetGroup",
          summary: "Forget a deleted group",
          description:
            "Proxies of a group that nobody defines any more keep what they have, and are given no other group's content by " +
            "themselves. Forgotten, they go where the rules lead without it.",
          tags: ["groups"],
          params: GroupPath,
          response: withProblems({ 200: ForgottenGroup }, 400, 404, 409),
        },
      },
      async ({ params: { group } }) => {
        const nodes = countNodes().get(group) ?? 0;
        if (forgetGroup(group)) return { group, nodes };
        const owners = store.state().groups.get(group)?.owners.keys();
        if (!owners) throw groupUnknown(group);
        const message = `Group ${group} is defined by ${[...owners].join(" and ")}: only a deleted group can be forgotten.`;
        throw new FairleadError("group-defined", message);
      },
    );
  };

  function isDeleted(group: string): boolean {
    return !store.state().groups.has(group) && [...deletedGroups()].includes(group);
  }

  function stateOf(group: string, isWrong: boolean): "ok" | "broken" | "deleted" {
    if (isDeleted(group)) return "deleted";
    return isWrong ? "broken" : "ok";
  }

  function countNodes(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { group, isObserver } of clients()) {
      if (group !== undefined && !isObserver) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    return counts;
  }

  function groupDocument(state: GroupState, nodes: number) {
    const faults = faultsOf(state.group);
    const included = includes.chainOf(state.group).slice(1);
    const missing = missingIncludes(includes, store.state(), state.group);
    return {
      group: state.group,
      revision: state.revision,
      resources: Object.fromEntries([...state.types].map(([typeUrl, entries]) => [typeUrl, entries.size])),
      versions: typeVersions(state),
      owners: [...state.owners.keys()],
      nodes,
      ...(included.length > 0 && { includes: included }),
      ...(missing.length > 0 && { missing }),
      state: stateOf(state.group, faults.length > 0 || missing.length > 0),
      ...(faults.length > 0 && { faults: faults.slice(0, MAX_FAULTS) }),
    };
  }
}

/** A group that is there only for what it includes. */
function withoutOwn(group: string): GroupState {
  const nothing = new Map<string, never>();
  return { group, revision: 0, types: nothing, owners: nothing, labels: nothing, usedLabels: nothing };
}
