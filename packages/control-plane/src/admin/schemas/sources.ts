import { z } from "zod";
import { Authorship, Flag, MAX_NAME_LENGTH } from "./common.ts";

/** The source in a path. */
export const SourcePath = z.object({
  source: z.string().min(1).max(MAX_NAME_LENGTH).describe("Its name in `sources:`; `file` for the directory of files."),
});

/** How a source is to be forgotten. */
export const ForgetSourceQuery = Authorship.extend({
  dryRun: Flag.default("false").describe("`true`: check, and say what would go, but change nothing."),
});

/** What a source left, and what became of it. */
export const ForgottenSource = z
  .object({
    source: z.string(),
    revision: z.int().describe("The one that withdrew it; of a dry run, the present one."),
    resources: z.int().describe("How many it defined."),
    groups: z.int().describe("In how many groups."),
    byGroup: z
      .array(z.object({ group: z.string(), resources: z.int() }))
      .describe("By group, ordered by name; at most 1,000 groups."),
  })
  .meta({ id: "ForgottenSource", description: "What a source left that is in no configuration any more." });
/** What a source left, and what became of it. */
export type ForgottenSource = z.infer<typeof ForgottenSource>;
