import type { IncomingHttpHeaders } from "node:http";
import { FairleadError } from "../errors.ts";
import type { GroupState } from "../store/store.ts";

/** The strong entity tag of a group's content: its revision. */
export function etagOf({ revision }: GroupState): string {
  return `"${revision}"`;
}

/** What must hold of a group for a request to be carried out (RFC 9110, section 13). */
export interface Precondition {
  /** From `If-Match`: the group must have one of these tags, `*`: must exist; `undefined`: no matter. */
  readonly match: Tags | undefined;
  /** From `If-None-Match`: the group must have none of these tags, `*`: must not exist; `undefined`: no matter. */
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
export function isHeldByAsker({ noneMatch }: Precondition, group: GroupState): boolean {
  if (noneMatch === undefined) return false;
  // For reading, a weak tag is as good (RFC 9110, 13.1.2).
  return noneMatch === "*" || noneMatch.some((tag) => tag.replace(/^W\//, "") === etagOf(group));
}

/**
 * Refuses a write that is meant for another state of the group than this.
 *
 * @throws FairleadError `precondition-failed`, with the group's present revision as a member
 */
export function requirePrecondition(
  { match, noneMatch }: Precondition,
  name: string,
  group: GroupState | undefined,
): void {
  const isMatched = match === undefined || (group !== undefined && (match === "*" || match.includes(etagOf(group))));
  const isOther =
    noneMatch === undefined || group === undefined || !(noneMatch === "*" || noneMatch.includes(etagOf(group)));
  if (isMatched && isOther) return;
  const found = group ? `it is at ${group.revision}` : "there is no such group";
  const wanted = match === undefined ? "If-None-Match" : `If-Match ${match === "*" ? "*" : match.join(", ")}`;
  throw new FairleadError(
    "precondition-failed",
    `Group ${name} is not as ${wanted} requires: ${found}. Nothing was changed: read it again and decide anew.`,
    { members: group ? { revision: group.revision } : {} },
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
