import { FairleadError } from "../errors.ts";

/** What a log line tells of an error: of one that was thrown on purpose its code and reason, of any other the stack, too. */
export function whyOf(error: unknown): { readonly code: string; readonly reason: string } | { readonly err: unknown } {
  return error instanceof FairleadError ? { code: error.code, reason: error.message } : { err: error };
}
