import { readFileSync } from "node:fs";

/** How one test ended. */
export interface TestResult {
  readonly name: string;
  readonly file: string;
  readonly isPassed: boolean;
}

const idsByFile = new Map<string, readonly string[]>();

/** The requirements that a test cites: in its name, `… (C3, O1)`, else in its file's first line, `// protocol.md S6 …`. */
export function idsOf({ name, file }: TestResult): readonly string[] {
  const [, cited] = /\(([CWDOS]\d(?:, [CWDOS]\d)*)\)$/.exec(name) ?? [];
  if (cited !== undefined) return cited.split(", ");
  const known = idsByFile.get(file) ?? readIds(file);
  idsByFile.set(file, known);
  return known;
}

function readIds(file: string): readonly string[] {
  const [firstLine = ""] = readFileSync(file, "utf8").split("\n", 1);
  const [, cited] = /protocol\.md ([CWDOS]\d(?:, [CWDOS]\d)*)/.exec(firstLine) ?? [];
  return cited?.split(", ") ?? [];
}
