import type { IncomingHttpHeaders } from "node:http";
import { FairleadError } from "../errors.ts";

/** What has a revision: a group, a document. */
interface Revised {
  readonly revision: number;
}

/** The strong entity tag of the content of a group or a document: its revision. */
export function etagOf({ revision }: Revised): string {
  return `"${revision}"`;
}

/** What must hold of a group or a document for a request to be carried out (RFC 9110, section 13). */
export interface Precondition {
  /** From `If-Match`: it must have one of these tags, `*`: must exist; `undefined`: no matter. */
  readonly match: Tags | undefined;
  /** From `If-None-Match`: it must have none of these tags, `*`: must not exist; `undefined`: no matter. */
  readonly noneMatch: Tags | undefined;
}

type Tags = "*" | readonly string[];

/** No condition. */
export const UNCONDITIONAL: Precondition = { match: undefined, noneMatch: undefined };

/**
 * Reads `If-Match` and `If-None-Match`.
 *
 * @throws FairleadError `request-invalid` for what is no entity tag
 */
export function readPrecondition(headers: IncomingHttpHeaders): Precondition {
  return {
    match: readTags("If-Match", headers["if-match"]),
    noneMatch: readTags("If-None-Match", headers["if-none-match"]),
  };
}

/** Whether `If-None-Match` says that the asker has this content already. */
export function isHeldByAsker({ noneMatch }: Precondition, group: Revised): boolean {
  if (noneMatch === undefined) return false;
  // For reading, a weak tag is as good (RFC 9110, 13.1.2).
  return noneMatch === "*" || noneMatch.some((tag) => tag.replace(/^W\//, "") === etagOf(group));
}

/**
 * Refuses a write that is meant for another state than this.
 *
 * @param what begins the message: `Group edge`
 *
 * @throws FairleadError `precondition-failed`, with the present revision as a member
 */
export function requirePrecondition({ match, noneMatch }: Precondition, what: string, held: Revised | undefined): void {
  const isMatched = match === undefined || (held !== undefined && (match === "*" || match.includes(etagOf(held))));
  const isOther =
    noneMatch === undefined || held === undefined || !(noneMatch === "*" || noneMatch.includes(etagOf(held)));
  if (isMatched && isOther) return;
  const found = held ? `it is at ${held.revision}` : "there is none";
  const wanted = match === undefined ? "If-None-Match" : `If-Match ${match === "*" ? "*" : match.join(", ")}`;
  throw new FairleadError(
    "precondition-failed",
    `${what} is not as ${wanted} requires: ${found}. Nothing was changed: read it again and decide anew.`,
    { members: held ? { revision: held.revision } : {} },
  );
}

function readTags(header: string, value: string | undefined): Tags | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (text === "*") return "*";
  const tags = text.split(",").map((tag) => tag.trim());
  if (tags.every((tag) => /^(?:W\/)?"[^"]*"$/.test(tag))) return tags;
  const message = `${header}: ${JSON.stringify(value)} is no entity tag: send the revision in quotes, "123", or *`;
  throw new FairleadError("request-invalid", message);
}
