import type { FairleadError } from "../errors.ts";
import type { Fault } from "../validation/fault.ts";
import type { ProblemDocument } from "./schemas/problem.ts";

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** The most faults in one answer: a request's body may have one in each of its thousands of resources. */
const MAX_FAULTS = 100;

/** Makes the problem document of an error. `status` where HTTP has a finer one than the error's kind. */
export function problemOf(
  error: FairleadError,
  options: { faults?: readonly Fault[]; status?: number } = {},
): ProblemDocument {
  const { faults = error.faults, status = error.kind.status } = options;
  return {
    type: "about:blank",
    title: error.kind.title,
    status,
    code: error.code,
    detail: error.message,
    ...error.members,
    ...(faults.length > 0 && { faults: faults.slice(0, MAX_FAULTS), faultCount: faults.length }),
  };
}
