import { World } from "./world.ts";

/** A transcript's header: what it shows, and the requirements it cites. */
export interface Title {
  readonly name: string;
  readonly ids: readonly string[];
}

/** Reads the first line, `# delta/resubscribe-is-answered (D2, C4)`. @throws Error if it is written otherwise */
export function readTitle(text: string): Title {
  const [, name = "", ids = ""] = /^# (\S+) \(([A-Z]\d(?:, [A-Z]\d)*)\)\n/.exec(text) ?? [];
  if (name === "") throw new Error("the first line must be `# folder/name (IDS)`");
  return { name, ids: ids.split(", ") };
}

/** Runs a transcript: its text with the `<` lines as they came now. Everything else stays as it is. */
export function runTranscript(text: string): string {
  const world = new World();
  const lines = text.split("\n").filter((line) => !line.startsWith("<"));
  const output = lines.flatMap((line, index) =>
    line === "" || line.startsWith("#") ? line : [line, ...runLine(world, line, index)],
  );
  return output.join("\n");
}

function runLine(world: World, line: string, index: number): string[] {
  try {
    return world.run(line);
  } catch (error) {
    throw new Error(`command ${index + 1}, ${JSON.stringify(line)}: ${(error as Error).message}`, { cause: error });
  }
}
