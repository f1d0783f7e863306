import { z } from "zod";
import { Authorship, Duration, Flag, MAX_NAME_LENGTH, Next, Page, TypeFilter, Versions } from "./common.ts";
import { FaultDocument } from "./problem.ts";
import { WaitResult } from "./reception.ts";

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

/** The body that changes some of what the API manages of a group. */
export const PatchResources = z
  .strictObject({
    upsert: z
      .array(ResourceJson)
      .optional()
      .describe("Resources to add, or to replace what the API defines of that type and name."),
    remove: z
      .array(
        z.strictObject({
          type: TypeFilter.describe("Its type: URL, message name, or `cds`, `lds`, …"),
          name: z.string().min(1).max(MAX_NAME_LENGTH).describe("Its name."),
        }),
      )
      .optional()
      .describe("Resources to take away. What is not there is passed over; what a file defines is a conflict."),
    versions: PutResources.shape.versions,
  })
  .meta({ id: "PatchResources", description: "What is to be other than it is. All of it is done, or nothing." });

/** What may be asked with a DELETE. */
export const DeleteQuery = Authorship.extend({
  dryRun: Flag.default("false").describe("`true`: check, and answer with the difference, but change nothing."),
  wait: z
    .enum(["acked"])
    .optional()
    .describe(
      "`acked`: answer when every interested proxy has accepted or rejected the change, or at the timeout: 200 if all " +
        "accepted, 424 if one rejected, 202 if some have not answered. The change is made in any case.",
    ),
  timeout: Duration.default("30s").describe("The longest to wait; at most 10m."),
});

/** What may be asked with a PUT or PATCH. */
export const WriteQuery = DeleteQuery.extend({
  allowEmpty: Flag.default("false").describe("`true`: the group may be left without any resource."),
});

/** Conditions of a write. */
export const WriteHeaders = z.looseObject({
  "if-match": z
    .string()
    .optional()
    .describe(
      'Only if the group is at this revision (`"1795360189468"`, as its `ETag` says), or with `*` if it exists.',
    ),
  "if-none-match": z.string().optional().describe("`*`: only if there is no such group."),
});

/** Conditions of a read. */
export const ReadHeaders = z.looseObject({
  "if-none-match": z.string().optional().describe("Answer 304 without a body if the group is still at this revision."),
});

/** A resource in ProtoJSON as it is shown. */
const ShownResource = z.record(z.string(), z.unknown());

/** What a write makes of one resource. */
const DifferenceDocument = z.object({
  kind: z.enum(["added", "changed", "removed"]),
  typeUrl: z.string(),
  name: z.string(),
  before: ShownResource.optional().describe("The resource as it is, secrets redacted."),
  after: ShownResource.optional().describe("The resource as it would be, secrets redacted."),
});

/** Numbers of resources by what becomes of them. */
export const Counts = z
  .object({ added: z.int(), changed: z.int(), removed: z.int() })
  .describe("How many resources differ for proxies.");

/** The answer to a write. */
export const WriteResult = z
  .object({
    revision: z
      .int()
      .describe(
        "The revision that holds this content: commits are in the order of their revisions. With `dryRun` the group's " +
          "present one, for an `If-Match`; 0 if there is no such group.",
      ),
    changed: z.boolean().describe("`false`: all was as before, and no proxy will hear of it."),
    counts: Counts,
    versions: Versions,
    diff: z
      .array(DifferenceDocument)
      .optional()
      .describe(
        "With `dryRun` only: what would be other than it is, by type and name. At most 1,000 entries, and `before` and " +
          "`after` of the first 4 MiB.",
      ),
    warnings: z.array(FaultDocument).optional().describe("What is wrong and served all the same."),
    wait: WaitResult.optional().describe("With `wait=acked` only."),
  })
  .meta({ id: "WriteResult", description: "A change that was made, or with `dryRun` would be." });
/** The answer to a write. */
export type WriteResult = z.infer<typeof WriteResult>;

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
  resource: ShownResource.describe("The resource in ProtoJSON, with `@type`."),
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
