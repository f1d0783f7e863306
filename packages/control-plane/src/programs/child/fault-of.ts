import { fileURLToPath } from "node:url";
import type { ProgramFault } from "../messages.ts";
import { UnresolvedImport } from "./unresolved-import.ts";

/** What is wrong, and where: the innermost place in a file that is the user's own. */
export function faultOf(error: unknown): ProgramFault {
  if (error instanceof UnresolvedImport) return { message: error.message, ...error.place };
  if (!(error instanceof Error))
    return { message: `it threw ${JSON.stringify(error) ?? String(error)}, which is no Error` };
  const message =
    error.name === "Error" || error.name === "SyntaxError" ? error.message : `${error.name}: ${error.message}`;
  return { message, ...placeIn(error.stack ?? "") };
}

/** Node begins the stack of a syntax error with its place; of others each line has one. */
function placeIn(stack: string): Omit<ProgramFault, "message"> {
  const header = /^(file:\/\/\S+):(\d+)\n(?:.*\n)*?(\s*)\^/.exec(stack);
  if (header) return { file: fileURLToPath(header[1]!), line: Number(header[2]), column: header[3]!.length + 1 };
  for (const [, url, line, column] of stack.matchAll(/(file:\/\/[^\s()]+):(\d+):(\d+)/g)) {
    const file = fileURLToPath(url!);
    if (file.includes("/node_modules/") || isOwn(url!)) continue;
    return { file, line: Number(line), column: Number(column) };
  }
  return {};
}

function isOwn(url: string): boolean {
  return url.startsWith(new URL(".", import.meta.url).href);
}
