import type { Command } from "commander";
import { examples } from "./examples.ts";
import { SHELLS } from "./shells.ts";

/** The hidden command that a shell's script asks. */
export const COMPLETE_COMMAND = "__complete";

/** Adds `fairlead completion`, and the command that its scripts ask, to the command line. */
export function addCompletion(program: Command): void {
  const completion = program
    .command("completion")
    .summary("make a shell complete command lines")
    .description(
      "Prints a script by which a shell completes commands, options, and names of nodes, groups, types and resources,\n" +
        "which it asks of the running control plane. It completes `fairlead` where that is on the PATH (npm install -g,\n" +
        "or an alias), not behind npx.",
    )
    .addArgument(program.createArgument("<shell>", "the shell").choices([...SHELLS]))
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completionScript } = await import("./completion-script.ts");
      process.stdout.write(completionScript(shell));
    });
  examples(completion, [
    ["fairlead completion fish > ~/.config/fish/completions/fairlead.fish", "once"],
    ["source <(fairlead completion bash)", "in ~/.bashrc"],
    ["source <(fairlead completion zsh)", "in ~/.zshrc, after compinit"],
  ]);

  program
    .command(COMPLETE_COMMAND, { hidden: true })
    .argument("[words...]", "the words after `fairlead`, the last one being typed")
    .action(async (words: string[]) => {
      const { complete } = await import("./complete.ts");
      await complete(program, words);
    });
}
