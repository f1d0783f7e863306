import type { Command } from "commander";

/** Where meanings beside the lines would make them wider, they are put below: characters. */
const WIDTH = 110;

/** Adds command lines, each with its meaning, to a command's help. */
export function examples(command: Command, list: readonly (readonly [string, string])[]): void {
  const width = Math.max(...list.map(([line]) => line.length));
  const isNarrow = list.every(([, meaning]) => width + meaning.length + 4 <= WIDTH);
  const lines = list.map(([line, meaning]) =>
    isNarrow ? `  ${line.padEnd(width)}  ${meaning}` : `  ${line}\n      ${meaning}`,
  );
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
