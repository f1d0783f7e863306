import { z } from "zod";
import { MAX_AUTHOR_LENGTH, MAX_NAME_LENGTH } from "./common.ts";
import { Reception } from "./reception.ts";
import { Counts } from "./resources.ts";

/** Which revisions to list. */
export const RevisionsQuery = z.strictObject({
  group: z.string().max(MAX_NAME_LENGTH).optional().describe("Only revisions that changed this group."),
  author: z
    .string()
    .max(MAX_AUTHOR_LENGTH)
    .optional()
    .describe("Only revisions whose author holds this text, in whatever case."),
  since: z.iso.datetime({ offset: true }).optional().describe("Only revisions made then or later; RFC 3339."),
  limit: z.coerce.number().int().min(1).max(1_000).default(50).describe("The most entries in one answer."),
  before: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Only revisions before this one: the `next` of the answer before."),
});

/** What a revision did to one group. */
const GroupRevisionDocument = z.object({
  group: z.string(),
  change: z
    .enum(["created", "changed", "deleted"])
    .describe("`deleted`: nobody defines it any more, and its proxies keep what they have."),
  counts: Counts,
  resources: z
    .array(z.object({ kind: z.enum(["added", "changed", "removed"]), typeUrl: z.string(), name: z.string() }))
    .describe("What differs, by type and name; at most 100 over all groups of a revision."),
  versions: z
    .record(z.string(), z.string())
    .describe("By type URL: versions of the user's own that were given with it, a commit id say."),
});

/** One commit. */
export const RevisionDocument = z
  .object({
    revision: z.int().describe("Its number; greater than those of all before it."),
    at: z.iso.datetime().describe("When it was made; RFC 3339."),
    owners: z.array(z.string()).describe("Whose change it is: `file`, `api`."),
    author: z.string().optional().describe("Who made it: as the write said, or the source's name."),
    reason: z.string().optional().describe("Why, as the write that made it said."),
    groups: z.array(GroupRevisionDocument).describe("What it did, by group; at most 100 groups."),
    groupCount: z.int().describe("How many groups it changed, with those that did not fit."),
    documents: z
      .array(z.object({ kind: z.enum(["added", "changed", "removed"]), key: z.string() }))
      .describe("Documents that it changed, such as `services/payments` and `instances/payments/p-1`; at most 100."),
    documentCount: z.int().describe("How many documents it changed, with those that did not fit."),
  })
  .meta({ id: "Revision", description: "One commit: what changed at once." });
/** One commit. */
export type RevisionDocument = z.infer<typeof RevisionDocument>;

/** One commit, and how far it has come. */
export const RevisionDetail = RevisionDocument.extend({
  reception: z
    .record(z.string(), Reception)
    .describe(
      "By group: how the proxies that are connected now took it. Who holds something newer counts as having accepted.",
    ),
}).meta({ id: "RevisionDetail", description: "One commit, and how far it has come." });
/** One commit, and how far it has come. */
export type RevisionDetail = z.infer<typeof RevisionDetail>;

/** The newest commits. */
export const RevisionsPage = z
  .object({
    revision: z.int().describe("The newest revision of all."),
    revisions: z.array(RevisionDocument).describe("Newest first."),
    next: z.int().optional().describe("There may be older ones: ask again with `before` set to this."),
  })
  .meta({ id: "RevisionsPage", description: "Commits, newest first." });
