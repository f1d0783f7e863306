import { z } from "zod";

/** Longest name of a group, node or resource in a path or query. */
export const MAX_NAME_LENGTH = 1_024;

/** The longest that a request may wait for ACKs, ms. */
export const MAX_WAIT_MS = 600_000;

const MS_BY_UNIT = { ms: 1, s: 1_000, m: 60_000 } as const;

/** A duration as text, `500ms`, `30s` or `2m`. */
export const Duration = z
  .string()
  .regex(/^\d{1,7}(?:ms|s|m)$/, "expected a duration such as 500ms, 30s or 2m")
  .refine((text) => !(durationMs(text) > MAX_WAIT_MS), "at most 10m");

/** What {@link Duration} means, in ms. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  return Number(amount) * MS_BY_UNIT[unit as keyof typeof MS_BY_UNIT];
}

/** A flag in a query. */
export const Flag = z.enum(["true", "false"]);

/** Whether a write is only tried. */
export const DryRun = Flag.default("false").describe("`true`: answer with the difference, but change nothing.");

/** Characters of an author, at most. */
export const MAX_AUTHOR_LENGTH = 128;

/** Characters of a reason, at most. */
export const MAX_REASON_LENGTH = 256;

/** Text of one line: what is shown on terminals and written to logs must not steer them. */
function Line(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => !/\p{Cc}/u.test(text), "holds control characters: line breaks, tabs and escapes are not allowed")
    .refine((text) => text.isWellFormed(), "is not well-formed Unicode");
}

/** Who asks for a write, and why. */
export const Authorship = z.strictObject({
  author: Line(MAX_AUTHOR_LENGTH)
    .optional()
    .describe("Who asks, by their own word: remembered with the revision. At most 128 characters, one line."),
  reason: Line(MAX_REASON_LENGTH)
    .optional()
    .describe("Why: remembered with the revision. At most 256 characters, one line."),
});
/** Who asks for a write, and why. */
export type Authorship = z.infer<typeof Authorship>;

/** The group in a path. */
export const GroupPath = z.object({
  group: z.string().min(1).max(MAX_NAME_LENGTH).describe("The group's name, percent-encoded."),
});

/** What makes a long list come in pages. Queries are strict: a misspelt `dryRun` must not be a write. */
export const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe("The most entries in one answer."),
  after: z.string().max(4_096).optional().describe("The `next` of the answer before, for the page that follows it."),
});

/** The end of a page. */
export const Next = z.string().optional().describe("There is more: ask again with `after` set to this.");

/** The asker has it already. */
export const NotModified = z.null().describe("Nothing is other than what the asker has; there is no body.");

/** A type in a query: short name, message name or type URL. */
export const TypeFilter = z
  .string()
  .max(512)
  .describe(
    "A type: its URL, its message's full name, or `lds`, `rds`, `cds`, `eds`, `sds`, `srds`, `vhds`, `rtds`, `ecds`.",
  );

/** Versions by type URL. */
export const Versions = z
  .record(z.string(), z.string())
  .describe("By type URL: the version under which a wildcard State of the World subscription gets this content.");

/** Replicas whose part of an answer is missing. */
export const Missing = z
  .array(
    z.object({
      replica: z.string().describe("Its id."),
      reason: z.string().describe("Why there is no answer of it."),
    }),
  )
  .optional()
  .describe("Replicas that did not answer, so that what they hold is missing here; absent if all did.");
