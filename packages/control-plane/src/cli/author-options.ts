import { type Command, Option } from "commander";

/** Options of every command that writes. */
export interface AuthorOptions {
  readonly author?: string;
  readonly reason?: string;
}

/** Adds the options that say who asks for a write, and why. */
export function withAuthor(command: Command): Command {
  const author = "who asks; `fairlead history` shows it (default: user@host)";
  return command
    .addOption(new Option("--author <name>", author).env("FAIRLEAD_AUTHOR"))
    .option("-m, --reason <text>", "why; `fairlead history` shows it");
}
