import type { Command } from "commander";

/** Adds command lines, each with its meaning, to a command's help. */
export function examples(command: Command, list: readonly (readonly [string, string])[]): void {
  const width = Math.max(...list.map(([line]) => line.length));
  const lines = list.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
