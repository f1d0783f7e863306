import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import { askOthers } from "../../replicas/ask-others.ts";
import type { Replica } from "../../replicas/membership.ts";
import type { AdminContext } from "../context.ts";
import {
  HeardHeartbeats,
  PassedHeartbeats,
  ReceptionQuestion,
  type ReplicaDocument,
  ReplicaList,
  ReplicaReception,
  ReplicasQuery,
} from "../schemas/replicas.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { waitForAcks } from "../wait-for-acks.ts";

/** Questions about receptions that are answered at a time: each looks at all clients again and again. */
const MAX_WAITS = 256;

/** The control planes that serve one store, and what they ask each other. */
export function replicaRoutes(context: AdminContext): FastifyPluginAsyncZod {
  const { replicas, registry, clients, readiness, server, store, closing } = context;
  let waits = 0;

  const own = (): ReplicaDocument => ({
    ...identityOf(replicas.self),
    self: true,
    startedAt: server().startedAt,
    process: replicas.self.process,
    ready: readiness().ready,
    revision: store.state().revision,
    nodes: countNodes(),
    storeReachable: store.status().isReachable,
  });
  const identityOf = ({ id, adminUrl }: Replica) => ({ id, adminUrl, runsSources: replicas.sourcesAt() === id });
  const countNodes = () => Iterator.from(clients()).reduce((sum, { isObserver }) => sum + (isObserver ? 0 : 1), 0);

  return async (app) => {
    app.get(
      "/v1/replicas",
      {
        schema: {
          operationId: "listReplicas",
          summary: "List the control planes that serve this store",
          description: "Those that are there; one that went away is gone from the list some seconds later.",
          tags: ["replicas"],
          querystring: ReplicasQuery,
          response: withProblems({ 200: ReplicaList }, 400),
        },
      },
      async ({ query: { local } }) => {
        const others = local === "true" ? [] : replicas.others();
        const { answers, missing } = await askOthers<ReplicaList>(others, { path: "/v1/replicas?local=true" });
        const told = new Map(answers.map(({ replica, value }) => [replica.id, value.replicas[0]]));
        const documents = others.map((replica) => ({
          ...told.get(replica.id),
          ...identityOf(replica),
          self: false,
        }));
        const all = [own(), ...documents].sort((a, b) => (a.id < b.id ? -1 : 1));
        return { replicas: all, ...(missing.length > 0 && { missing: [...missing] }) };
      },
    );

    app.post(
      "/v1/replicas/heartbeats",
      {
        schema: {
          operationId: "passHeartbeats",
          summary: "Heartbeats of instances that this replica owns",
          description:
            "What replicas pass on to each other, if instances talk to another one than the one that owns them. Whoever has " +
            "heartbeats of its own: `POST /v1/announcements`.",
          tags: ["replicas"],
          body: PassedHeartbeats,
          response: withProblems({ 200: HeardHeartbeats }, 400, 413),
        },
      },
      async ({ body: { heartbeats } }) => ({ heard: registry.hearForwarded(heartbeats) }),
    );

    app.post(
      "/v1/replicas/reception",
      {
        schema: {
          operationId: "getReplicaReception",
          summary: "How the proxies of this replica take a commit",
          description:
            "What replicas ask each other for a write with `wait=acked`. Answers when each proxy has, or when the time is up; the " +
            "commit need not be known here yet.",
          tags: ["replicas"],
          body: ReceptionQuestion,
          response: withProblems({ 200: ReplicaReception }, 400, 503),
        },
      },
      async ({ body: { groups, typeUrls, timeoutMs, ...commit } }, reply) => {
        if (waits >= MAX_WAITS) throw new FairleadError("too-busy", "Too many requests wait for ACKs: ask again.");
        waits++;
        try {
          const gone = new AbortController();
          reply.raw.once("close", () => gone.abort());
          const signal = AbortSignal.any([gone.signal, closing]);
          const awaited = { ...commit, groups: new Set(groups), typeUrls: new Set(typeUrls) };
          return await waitForAcks(clients, awaited, { timeoutMs, signal });
        } finally {
          waits--;
        }
      },
    );
  };
}
