import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { withAuthor } from "./author-options.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead source …` to the command line. */
export function addSource(program: Command): void {
  const source = program
    .command("source")
    .summary("withdraw what a source left that is in no configuration any more")
    .description(
      "What sources left in the store: files, DNS names, other servers and etcds that are not configured any more.",
    );
  const forget = withAuthor(source.command("forget").summary("withdraw all that a source left"))
    .description(
      "Withdraws all resources of a source, in all groups, as one commit. On a store that replicas share nobody does so by itself, since\n" +
        "another replica may have the source in its configuration still: each is asked, and one that has it, or does not answer,\n" +
        "is a reason to refuse. Ends with 0, or with 1 if nothing was changed.",
    )
    .argument("<name>", "its name in `sources:`; `file` for the directory of files")
    .option("--dry-run", "say what would go, and change nothing")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .addOption(adminOption())
    .action(async (name: string, options) => {
      const { forgetSource } = await import("./forget-source.ts");
      await forgetSource(name, options);
    });
  examples(forget, [
    ["fairlead source forget legacy-dns --dry-run", "what it left"],
    ["fairlead source forget legacy-dns -m 'moved to the registry'", "withdraw it"],
  ]);
}
