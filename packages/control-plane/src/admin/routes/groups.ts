import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { GroupState } from "../../store/store.ts";
import type { AdminContext } from "../context.ts";
import { pageOf } from "../page.ts";
import { GroupsPage, GroupsQuery } from "../schemas/groups.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { typeVersions } from "../type-versions.ts";

/** The most faults shown of one group. */
const MAX_FAULTS = 100;

/** Groups: the nodes that share a configuration. */
export function groupRoutes({ store, clients, faultsOf }: AdminContext): FastifyPluginAsyncZod {
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
        const page = pageOf(state.groups.values(), ({ group }) => group, query);
        const groups = page.items.map((group) => groupDocument(group, nodes.get(group.group) ?? 0));
        return { revision: state.revision, groups, next: page.next };
      },
    );
  };

  function countNodes(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { group, isObserver } of clients()) {
      if (group !== undefined && !isObserver) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    return counts;
  }

  function groupDocument(state: GroupState, nodes: number) {
    const faults = faultsOf(state.group);
    return {
      group: state.group,
      revision: state.revision,
      resources: Object.fromEntries([...state.types].map(([typeUrl, entries]) => [typeUrl, entries.size])),
      versions: typeVersions(state),
      owners: [...state.owners.keys()],
      nodes,
      state: faults.length > 0 ? ("broken" as const) : ("ok" as const),
      ...(faults.length > 0 && { faults: faults.slice(0, MAX_FAULTS) }),
    };
  }
}
