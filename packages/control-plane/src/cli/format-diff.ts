import type { DiffLine } from "../history/diff-lines.ts";
import { paint } from "./colours.ts";

/** A difference for people, below a heading; `undefined` stands for lines left out. */
export function formatDiff(lines: readonly (DiffLine | undefined)[]): string {
  return lines
    .map((line) => {
      if (line === undefined) return paint("dim", "      …");
      if (line.kind === "added") return paint("green", `    + ${line.text}`);
      if (line.kind === "removed") return paint("red", `    - ${line.text}`);
      return `      ${line.text}`;
    })
    .join("\n");
}

/** A text below a heading. */
export function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");
}
