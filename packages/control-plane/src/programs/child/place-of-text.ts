import { readFileSync } from "node:fs";
import type { ProgramFault } from "../messages.ts";

/** Where a quoted text first stands in a file. */
export function placeOfText(file: string, text: string): Omit<ProgramFault, "message"> {
  const source = readFileSync(file, "utf8");
  const at = [`"${text}"`, `'${text}'`].map((quoted) => source.indexOf(quoted)).find((index) => index >= 0);
  if (at === undefined) return { file };
  const before = source.slice(0, at).split("\n");
  return { file, line: before.length, column: before.at(-1)!.length + 1 };
}
