import { z } from "zod";

/** The process is up. */
export const Health = z.object({ status: z.literal("ok") }).meta({ id: "Health", description: "The process is up." });

/** Whether proxies should be sent here. */
export const Readiness = z
  .object({
    ready: z.boolean(),
    draining: z.boolean().describe("It is shutting down."),
    reasons: z.array(z.string()).describe("Why it is not ready; empty when it is."),
    sources: z.array(
      z.object({
        source: z.string(),
        loaded: z.boolean().describe("It has loaded once."),
        error: z.string().optional().describe("Why it has not, or why it works with its last good state."),
        since: z.iso.datetime().optional().describe("Since when there is that error, RFC 3339."),
      }),
    ),
    store: z
      .object({
        name: z.string().describe("What keeps the state, and where."),
        durable: z.boolean().describe("Commits outlive the process."),
        shared: z.boolean().describe("Other replicas commit to it too."),
        reachable: z.boolean().describe("Whether writes can be made. If not, the last known state is served."),
        revision: z.int().describe("The newest revision known here; of a durable store, one that is durable."),
        waiting: z.int().describe("Commits that wait to be kept."),
        error: z.string().optional().describe("Why it cannot be reached, or why the last write could not be kept."),
        since: z.iso.datetime().optional().describe("Since when there is that error, RFC 3339."),
      })
      .optional(),
    workers: z
      .array(
        z.object({
          worker: z.int().describe("From 1."),
          listening: z.boolean().describe("It takes connections. If not, its thread is about to be replaced."),
          restarts: z.int().describe("How often its thread was replaced."),
          lastEnd: z.string().optional().describe("Why its last thread ended; absent while it has the first."),
        }),
      )
      .optional()
      .describe("The threads that hold the proxies' connections; absent if there are none beside the main one."),
    brokenGroups: z
      .array(
        z.object({
          group: z.string(),
          error: z.string().describe("The first fault, with its place."),
          faults: z.int().describe("How many there are; GET /v1/groups has them."),
          since: z.iso.datetime().describe("RFC 3339."),
          isServed: z.boolean().describe("Whether there is a last good state that is served."),
        }),
      )
      .describe("Groups whose newest input is wrong. At most 100."),
  })
  .meta({ id: "Readiness", description: "Whether this control plane serves, and if not, why." });

/** What runs here and where. */
export const Server = z
  .object({
    version: z.string().describe("Fairlead's version."),
    xds: z
      .object({
        host: z.string().describe("The address that the xDS server listens on."),
        port: z.int(),
        tls: z.boolean().describe("It speaks TLS."),
        clientCertificates: z.boolean().describe("It asks for client certificates."),
      })
      .optional()
      .describe("Absent until it listens."),
    revision: z.int().describe("The newest revision."),
    startedAt: z.iso.datetime().describe("RFC 3339."),
  })
  .meta({ id: "Server", description: "What runs here and where it listens." });
/** Whether this control plane serves, and if not, why. */
export type ReadinessDocument = z.infer<typeof Readiness>;
/** What runs here and where it listens. */
export type ServerDocument = z.infer<typeof Server>;
