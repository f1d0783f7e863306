import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { withAuthor } from "./author-options.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead rollback` to the command line. */
export function addRollback(program: Command): void {
  const rollback = withAuthor(program.command("rollback").summary("go back to what a revision left"))
    .description(
      "Makes a new revision in which all that the admin API manages, and the documents that people write (group\n" +
        "rules, settings of services, templates), are as they were right after REVISION: shows the difference, then makes exactly that, all or\n" +
        "nothing. What files and other sources define, and registered instances, stay as they are; what of them is not as\n" +
        "it was is told. Ends with 0, or with 1 if it failed, somebody else wrote meanwhile, or with --wait a proxy rejected it\n" +
        "or did not answer in time.",
    )
    .argument("<revision>", "its number; `~N`: N before the newest; see `fairlead history`")
    .option("-g, --group <name>", "only this group")
    .option("--dry-run", "show the difference, and change nothing")
    .option("--wait", "wait until every connected proxy of the groups has accepted or rejected it")
    .option("--timeout <duration>", "the longest to wait, such as 500ms, 30s or 2m", "30s")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .addOption(adminOption())
    .action(async (revision: string, options) => {
      const { rollback } = await import("./rollback.ts");
      await rollback(revision, options);
    });
  examples(rollback, [
    ["fairlead rollback ~1", "undo the newest change"],
    ["fairlead rollback 1795360189468 --dry-run", "what going back there would change"],
    ['fairlead rollback ~1 --group edge --wait -m "ticket 8"', "one group, and see how the proxies take it"],
  ]);
}
