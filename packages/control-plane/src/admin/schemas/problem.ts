import { z } from "zod";
import { WaitResult } from "./reception.ts";

/** One thing wrong with a request, or to be warned of. */
export const FaultDocument = z
  .object({
    severity: z.enum(["error", "warning"]).describe("An `error` refuses the change; with a `warning` it is made."),
    rule: z.string().describe("The rule that is broken, stable for programs: `json.syntax`, `reference.cluster`, …"),
    message: z.string().describe("What was found and what was expected, for people."),
    pointer: z.string().describe("JSON pointer (RFC 6901) into the request's body; empty: the whole of it."),
    file: z.string().optional().describe("The file, where the fault is in one and not in the request."),
    line: z.int().optional().describe("Line in the body as it was sent, from 1; absent for bodies over 1 MiB."),
    column: z.int().optional().describe("Column in that line, from 1."),
    group: z.string().optional().describe("The group concerned."),
    typeUrl: z.string().optional().describe("Type URL of the resource concerned."),
    name: z.string().optional().describe("Name of the resource concerned."),
  })
  .meta({ id: "Fault", description: "One thing wrong with a request, or to be warned of." });

/** The answer to a request that failed, by RFC 9457. */
export const ProblemDocument = z
  .object({
    type: z.string().describe("Always `about:blank`: `status` and `code` say what kind of problem it is."),
    title: z.string().describe("The kind of problem in words; the same for every occurrence."),
    status: z.int().describe("The HTTP status."),
    code: z.string().describe("A stable name for programs, such as `name-taken`."),
    detail: z.string().describe("What happened here, and what mends it."),
    instance: z.string().optional().describe("The path that was asked for."),
    faults: z.array(FaultDocument).optional().describe("One entry per fault, at most 100."),
    revision: z
      .int()
      .optional()
      .describe(
        "With `precondition-failed` the group's present revision; with `proxies-rejected` the one that was made.",
      ),
    wait: WaitResult.optional().describe("With `proxies-rejected` only."),
    oldest: z.int().optional().describe("With `revision-forgotten`: the oldest revision that is kept."),
    retryAfter: z
      .int()
      .optional()
      .describe("With `profile-running`: when to ask again, in s; the header `Retry-After` says the same."),
    faultCount: z.int().optional().describe("How many faults there are, with those that did not fit."),
  })
  .meta({ id: "Problem", description: "A problem document (RFC 9457), sent as `application/problem+json`." });
/** The answer to a request that failed, by RFC 9457. */
export type ProblemDocument = z.infer<typeof ProblemDocument>;
