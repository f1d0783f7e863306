import { hostname, userInfo } from "node:os";
import { MAX_AUTHOR_LENGTH } from "../admin/schemas/common.ts";
import type { AuthorOptions } from "./author-options.ts";
import { printable } from "./table.ts";

/** What a request for a write says of who asks, and why. */
export function authorship({ author = userAtHost(), reason }: AuthorOptions): AuthorOptions & { author: string } {
  return { author, ...(reason !== undefined && { reason }) };
}

function userAtHost(): string {
  return printable(`${userName()}@${hostname()}`).slice(0, MAX_AUTHOR_LENGTH);
}

/** In a container a user may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
