import { z } from "zod";
import { Flag, MAX_NAME_LENGTH, Missing, Next, Page } from "./common.ts";

const State = z
  .enum(["SYNCED", "PENDING", "REJECTED"])
  .describe("`SYNCED`: it accepted the newest. `PENDING`: an answer or a stage is awaited. `REJECTED`: it refused.");

const At = z.iso.datetime().describe("RFC 3339.");

/** What is asked of the list of proxies. */
export const NodesQuery = Page.extend({
  group: z.string().max(MAX_NAME_LENGTH).optional().describe("Only proxies that this group serves."),
  state: State.optional().describe("Only proxies in this state."),
  observers: Flag.default("false").describe("`true`: with observers, such as `fairlead watch`."),
  id: z.string().max(MAX_NAME_LENGTH).optional().describe("Only proxies of this node id."),
  local: Flag.default("false").describe("`true`: only proxies of the replica that is asked."),
});

/** One type of one proxy. */
export const NodeType = z.object({
  typeUrl: z.string(),
  mode: z.enum(["sotw", "delta", "poll"]).describe("The protocol's variant; `poll`: REST."),
  streamId: z.int().describe("The stream, as in the log."),
  state: State,
  names: z.array(z.string()).describe("What it subscribes to, `*` first if all; at most 100."),
  ackedVersion: z.string().describe("The version last accepted; empty before the first ACK."),
  sentVersion: z.string().describe("The version last sent; empty before the first response."),
  confirmedRevision: z.int().describe("The newest revision it holds, as far as it is concerned."),
  lastAckAt: At.optional(),
  nack: z
    .object({
      code: z.int().describe("The `google.rpc.Code`."),
      message: z.string().describe("Why, in the proxy's own words."),
      version: z.string().describe("The version it refused."),
      at: At,
    })
    .optional()
    .describe("Its last rejection, until it accepts something newer."),
  rejected: z
    .array(
      z.object({
        name: z.string(),
        message: z.string().describe("The proxy's own words of the smallest response with it."),
        at: At,
      }),
    )
    .describe("Resources known to be what it refuses: it refused them alone, or named them; at most 100."),
});

/** What a stage of make before break waits for. */
export const NodeWait = z.object({
  stage: z
    .enum(["make", "switch", "break"])
    .describe("`make`: clusters. `switch`: listeners, routes. `break`: removals."),
  typeUrl: z.string(),
  names: z.array(z.string()).describe("The resources awaited."),
  reason: z.string().describe("What is awaited, in words."),
  since: At,
});

/** One proxy. */
export const NodeDocument = z
  .object({
    id: z.string().describe("Its node id, as it claims."),
    cluster: z.string().describe("Its node cluster."),
    replica: z.string().describe("The replica that holds its streams."),
    group: z.string().optional().describe("The group that serves it; absent: no rule fits."),
    state: State,
    revision: z.int().describe("The newest revision of its group."),
    peer: z.string().describe("Its address."),
    connectedAt: At,
    userAgent: z.string().describe("Name and version of its program."),
    sans: z.array(z.string()).describe("Names that its client certificate proves."),
    isObserver: z.boolean().describe("It only watches: it neither gates nor counts."),
    streams: z.array(z.int()),
    types: z.array(NodeType),
    waits: z.array(NodeWait).describe("The stages of make before break that are not over."),
  })
  .meta({ id: "Node", description: "One connected proxy, over all its streams." });
/** One proxy. */
export type NodeDocument = z.infer<typeof NodeDocument>;

/** A page of proxies. */
export const NodesPage = z
  .object({ nodes: z.array(NodeDocument).describe("Ordered by id."), next: Next, missing: Missing })
  .meta({ id: "NodesPage", description: "Connected proxies." });

/** All proxies of one id. */
export const NodeById = z
  .object({
    id: z.string(),
    state: State.describe("The worst of its proxies' states."),
    clients: z.array(NodeDocument).describe("One entry per proxy: two may claim one id."),
    missing: Missing,
  })
  .meta({ id: "NodeById", description: "The proxies that connected under one node id." });

/** The node in a path. */
export const NodePath = z.object({
  id: z.string().min(1).max(MAX_NAME_LENGTH).describe("The node id, percent-encoded."),
});
