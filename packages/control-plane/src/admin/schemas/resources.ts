import { z } from "zod";
import { Duration, Flag, MAX_NAME_LENGTH, Next, Page, TypeFilter, Versions } from "./common.ts";
import { FaultDocument } from "./problem.ts";

/** A resource in ProtoJSON; what is wrong with it is found by Envoy's own schema, with every fault. */
export const ResourceJson = z.unknown().meta({
  id: "Resource",
  type: "object",
  required: ["@type"],
  properties: { "@type": { type: "string", description: "The message's type URL." } },
  additionalProperties: true,
  description:
    "A resource in ProtoJSON, in Envoy's own format. Where a name, aliases or a ttl of its own are needed: Envoy's " +
    "`envoy.service.discovery.v3.Resource` around it.",
});

/** The body that replaces what the API manages of a group. */
export const PutResources = z
  .strictObject({
    resources: z.array(ResourceJson).describe("All of what the API is to manage of the group; may be empty."),
    versions: z
      .record(z.string().max(512), z.string().min(1).max(128))
      .optional()
      .describe(
        "By type URL, a version of your own (a commit id, say) under which wildcard State of the World responses are " +
          "sent, instead of a digest. One version never names two contents: that is a conflict, until DELETE forgets it.",
      ),
  })
  .meta({ id: "PutResources", description: "What the API is to manage of a group." });

/** What may be asked with a DELETE. */
export const DeleteQuery = z.strictObject({
  dryRun: Flag.default("false").describe("`true`: check and answer as if, but change nothing."),
  wait: z
    .enum(["acked"])
    .optional()
    .describe("`acked`: answer when every interested proxy has accepted or rejected the change, or at the timeout."),
  timeout: Duration.default("30s").describe("The longest to wait; at most 10m."),
});

/** What may be asked with a PUT. */
export const PutQuery = DeleteQuery.extend({
  allowEmpty: Flag.default("false").describe("`true`: the group may be left without any resource."),
});

/** A proxy that has not accepted a change. */
const Straggler = z.object({
  node: z.string().describe("Its node id."),
  peer: z.string().describe("Its address."),
  typeUrl: z.string().describe("The type concerned."),
  message: z.string().describe("Why it rejected, in its own words; or what it is waiting for."),
});

/** How a change was received. */
export const WaitResult = z
  .object({
    outcome: z
      .enum(["acked", "rejected", "timeout"])
      .describe("`acked`: by all. `rejected`: by some, and all answered. `timeout`: some did not answer in time."),
    acked: z.int().describe("How many proxies accepted it, with those it does not concern."),
    rejected: z.array(Straggler).describe("Who rejected it and why, at most 1,000."),
    pending: z.array(Straggler).describe("Who has not answered, at most 1,000."),
    gone: z.array(z.string()).describe("Node ids that disconnected before they answered, at most 1,000."),
    waitedMs: z.int().describe("How long it took, ms."),
  })
  .meta({ id: "WaitResult", description: "How proxies received a change." });
/** How a change was received. */
export type WaitResult = z.infer<typeof WaitResult>;

/** The answer to a write. */
export const WriteResult = z
  .object({
    revision: z.int().describe("The revision that holds this content: commits are in the order of their revisions."),
    changed: z.boolean().describe("`false`: all was as before, and no proxy will hear of it."),
    versions: Versions,
    warnings: z.array(FaultDocument).optional().describe("What is wrong and served all the same."),
    wait: WaitResult.optional().describe("With `wait=acked` only."),
  })
  .meta({ id: "WriteResult", description: "A change that was made, or with `dryRun` would be." });

/** Which resources to list. */
export const ResourcesQuery = Page.extend({
  type: TypeFilter.optional(),
  name: z.string().max(MAX_NAME_LENGTH).optional().describe("The exact name."),
  owner: z.string().max(MAX_NAME_LENGTH).optional().describe("Only what this owner defines: `file` or `api`."),
});

/** A resource as it is served. */
export const ServedResource = z.object({
  typeUrl: z.string(),
  name: z.string(),
  version: z.string().describe("Digest of the content, equal on every replica."),
  owner: z.string().describe("Who defines it: `file` or `api`."),
  place: z.string().describe("Where it is defined: a file with line and column, or a JSON pointer into the request."),
  aliases: z.array(z.string()).optional().describe("Other names it answers to."),
  ttlMs: z.number().optional().describe("How long a proxy keeps it without being told again, ms."),
  resource: z.record(z.string(), z.unknown()).describe("The resource in ProtoJSON, with `@type`."),
});

/** A page of resources. */
export const ResourcesPage = z
  .object({
    group: z.string(),
    revision: z.int().describe("The revision that last changed the group."),
    resources: z.array(ServedResource).describe("Ordered by type, then name."),
    next: Next,
  })
  .meta({ id: "ResourcesPage", description: "Resources of a group." });
