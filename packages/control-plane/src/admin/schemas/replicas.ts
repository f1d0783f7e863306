import { z } from "zod";
import { Flag, Missing } from "./common.ts";
import { WaitResult } from "./reception.ts";

/** What is asked of the list of replicas. */
export const ReplicasQuery = z.strictObject({
  local: Flag.default("false").describe("`true`: only the replica that is asked."),
});

/** One replica. */
export const ReplicaDocument = z
  .object({
    id: z.string(),
    adminUrl: z.string().describe("Where the others reach its admin API."),
    self: z.boolean().describe("It is the one that is asked."),
    runsSources: z.boolean().describe("It reads the sources for all."),
    startedAt: z.iso.datetime().optional().describe("RFC 3339; absent, as what follows: it did not answer."),
    process: z.string().optional().describe("`HOST/PID/RANDOM`, another one for each start."),
    ready: z.boolean().optional().describe("Whether proxies should be sent to it."),
    revision: z.int().optional().describe("The newest revision that it knows."),
    nodes: z.int().optional().describe("Proxies that it holds, without observers."),
    storeReachable: z.boolean().optional().describe("Whether it can write; if not, it serves what it last knew."),
  })
  .meta({ id: "Replica", description: "One control plane of those that serve one store." });
/** One replica. */
export type ReplicaDocument = z.infer<typeof ReplicaDocument>;

/** All replicas. */
export const ReplicaList = z
  .object({ replicas: z.array(ReplicaDocument).describe("Ordered by id."), missing: Missing })
  .meta({ id: "ReplicaList", description: "The control planes that serve one store." });
/** All replicas. */
export type ReplicaList = z.infer<typeof ReplicaList>;

/** A commit whose reception a replica is asked for, by another. */
export const ReceptionQuestion = z.strictObject({
  groups: z.array(z.string()).max(100_000),
  revision: z.int().min(0),
  typeUrls: z.array(z.string()).max(10_000),
  committedAtMs: z.number(),
  timeoutMs: z.int().min(0).max(600_000).describe("How long to wait for every proxy to answer."),
});

/** How the proxies of one replica took a commit. */
export const ReplicaReception = WaitResult;

/** Heartbeats in one request. */
const MAX_PASSED_HEARTBEATS = 10_000;

/** Heartbeats that a replica heard for another. */
export const PassedHeartbeats = z
  .strictObject({
    heartbeats: z
      .array(
        z.strictObject({
          service: z.string(),
          id: z.string(),
          incarnation: z.int().min(0),
          sequence: z.int().min(0).describe("0: it had no number."),
        }),
      )
      .max(MAX_PASSED_HEARTBEATS),
  })
  .meta({ id: "PassedHeartbeats", description: "Heartbeats of instances that another replica owns." });

/** What came of them. */
export const HeardHeartbeats = z
  .object({
    heard: z.int().describe("How many count: the others came late or twice, or are of instances that are not known."),
  })
  .meta({ id: "HeardHeartbeats", description: "What came of heartbeats that were passed on." });
