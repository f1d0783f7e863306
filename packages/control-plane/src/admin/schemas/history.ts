import { z } from "zod";
import { Authorship, DryRun, Flag, MAX_NAME_LENGTH, Next, TypeFilter } from "./common.ts";
import { FaultDocument } from "./problem.ts";
import { Counts } from "./resources.ts";

/** How a revision is named. */
export const RevisionName = z
  .string()
  .regex(
    /^(?=.)(?:\d{1,16}|latest)?(?:~\d{1,4})?$/,
    "expected the number of a revision, `latest`, or one of them with `~N` behind it for N revisions before",
  )
  .describe("Its number; `latest`; `~N` behind one of them: N revisions before it. `~1` alone is before the latest.");

/** The revision in a path. */
export const RevisionPath = z.object({ revision: RevisionName });

/** Two revisions in a path. */
export const DiffPath = z.object({ from: RevisionName, to: RevisionName });

/** What to compare. */
export const DiffQuery = z.strictObject({
  group: z
    .string()
    .max(MAX_NAME_LENGTH)
    .optional()
    .describe("Only this group, and the document `templates/<group>` with what it has of its own."),
  type: TypeFilter.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(200).describe("The most entries in one answer."),
  after: z.string().max(8_192).optional().describe("The `next` of the answer before, for the page that follows it."),
});

const FieldDifference = z.object({
  path: z
    .string()
    .describe(
      "Where, from the outermost field: `loadAssignment.endpoints[0].priority`, `virtualHosts[name=web].domains[1]`.",
    ),
  before: z.unknown().optional().describe("Absent: there was nothing."),
  after: z.unknown().optional().describe("Absent: there is nothing."),
  cut: z
    .literal(true)
    .optional()
    .describe("A value is too long, and stands here as the beginning of its JSON in a string."),
});

const StateDifferenceDocument = z.object({
  of: z
    .enum(["resource", "document", "version"])
    .describe("`version`: of the user's own for a type, as a write gave it."),
  kind: z.enum(["added", "changed", "removed"]),
  group: z.string().optional().describe("Absent: of a document."),
  typeUrl: z.string().optional(),
  name: z.string().optional().describe("The resource's name."),
  owner: z.string().optional().describe("Who defines the resource, or last did."),
  key: z.string().optional().describe("The document's key, such as `services/payments`."),
  fields: z
    .array(FieldDifference)
    .optional()
    .describe("What differs within, secrets redacted; at most 100. Absent: of a resource that was added or removed."),
  fieldCount: z.int().optional().describe("How many there are, with those that did not fit."),
  unshown: z
    .enum(["secret", "large", "type-unknown"])
    .optional()
    .describe(
      "Why `fields` is absent or empty: what differs is a secret; the resources of this answer are too large to be taken apart; the " +
        "schema has no such type now.",
    ),
});
/** One entry of a {@link RevisionDiff}. */
export type StateDifferenceDocument = z.infer<typeof StateDifferenceDocument>;

/** How many resources, documents and versions differ. */
export const DiffCounts = z.object({
  resources: Counts,
  documents: Counts.describe("How many documents differ."),
  versions: z.int(),
});
/** How many resources, documents and versions differ. */
export type DiffCounts = z.infer<typeof DiffCounts>;

/** What differs, field by field. */
export const Differences = z
  .array(StateDifferenceDocument)
  .describe("Documents first, by key, then resources by group, type and name, then versions.");

/** What differs between two revisions. */
export const RevisionDiff = z
  .object({
    from: z.int().describe("The revision that it begins with."),
    to: z.int().describe("The revision that it leads to."),
    counts: DiffCounts,
    differences: Differences,
    next: Next,
  })
  .meta({ id: "RevisionDiff", description: "What differs between two revisions, field by field." });
/** What differs between two revisions. */
export type RevisionDiff = z.infer<typeof RevisionDiff>;

/** How to go back to a revision. */
export const RollbackQuery = Authorship.extend({
  group: z
    .string()
    .max(MAX_NAME_LENGTH)
    .optional()
    .describe("Only this group, and the document `templates/<group>`. Settings of services stay as they are."),
  dryRun: DryRun,
  plan: z
    .string()
    .max(64)
    .optional()
    .describe("Only if it would change exactly what a `dryRun` showed, whose `plan` this is; else 412."),
});

/** How to restore a backup. */
export const RestoreQuery = Authorship.extend({
  dryRun: DryRun,
  force: Flag.default("false").describe("`true`: what the API manages already is replaced."),
});

/** A return to a former state. */
export const RollbackResult = z
  .object({
    to: z.int().describe("The revision to which it went back; of a backup, the one that it was taken of."),
    revision: z.int().describe("The revision that holds this content; with `dryRun` the store's present one."),
    changed: z.boolean().describe("`false`: all was as then, and no proxy will hear of it."),
    plan: z.string().describe("Names what it changes and what that replaces, for the `plan` of the write."),
    counts: DiffCounts,
    groups: z.array(z.string()).describe("Groups of which something differs for proxies, at most 1,000."),
    differences: Differences.optional().describe("With `dryRun` only: what would change, at most 1,000 entries."),
    left: z
      .array(
        z.object({
          owner: z.string().describe("Who defines it."),
          count: z.int().describe("How many resources and documents."),
          names: z
            .array(
              z.object({
                kind: z.enum(["added", "changed", "removed"]).describe("What became of it since then."),
                group: z.string().optional(),
                typeUrl: z.string().optional(),
                name: z.string().optional(),
                key: z.string().optional(),
              }),
            )
            .describe("The first 20 of them."),
          hint: z.string().describe("What to do about it."),
        }),
      )
      .describe("What is not as it was then, since the API does not manage it, by owner."),
    warnings: z.array(FaultDocument).optional().describe("What is wrong and served all the same."),
  })
  .meta({ id: "RollbackResult", description: "A return to a former state that was made, or with `dryRun` would be." });
/** A return to a former state. */
export type RollbackResult = z.infer<typeof RollbackResult>;
