import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { withAuthor } from "./author-options.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead apply` and `fairlead diff` to the command line. */
export function addApply(program: Command): void {
  const apply = withAuthor(withChange(program.command("apply").summary("change what a running control plane serves")))
    .description(
      "Adds and replaces resources of a group with those in FILE…, by the admin API: shows the difference, then changes\n" +
        "exactly that, all or nothing. Resources that the files do not name stay, unless --prune is given; what the served\n" +
        "directory defines is never touched. A group that there is not is made, and said to be new. Ends with\n" +
        "0, or with 1 if it failed, somebody else changed the group meanwhile, or with --wait a proxy rejected it or did not\n" +
        "answer in time.",
    )
    .option("--dry-run", "show the difference, and change nothing")
    .option("--wait", "wait until every connected proxy of the group has accepted or rejected it")
    .option("--timeout <duration>", "the longest to wait, such as 500ms, 30s or 2m", "30s")
    .action(async (files: string[], options) => {
      const { apply } = await import("./apply.ts");
      await apply(files, options);
    });
  examples(apply, [
    ["fairlead apply cluster.yaml", "add or replace what is in a file, in the group `default`"],
    ["fairlead apply xds/*.yaml --group edge --wait", "and see how the proxies take it"],
    ["fairlead apply xds/*.yaml --prune --dry-run", "what would change if the files were all there is"],
    ['fairlead apply cluster.yaml -m "ticket 7"', "say why: `fairlead history` shows it"],
    ["generate | fairlead apply - --wait --timeout 2m", "from another program"],
  ]);

  const diff = withChange(program.command("diff").summary("show what apply would change"))
    .description(
      "Shows what `fairlead apply` would change of a group. Ends with 0 if nothing, 1 if something differs, 2 in trouble.",
    )
    .action(async (files: string[], options) => {
      const { diff } = await import("./diff.ts");
      await diff(files, options);
    });
  examples(diff, [
    ["fairlead diff cluster.yaml", "against the group `default`"],
    ["fairlead diff xds/*.yaml --prune --group edge", "as if the files were all there is of `edge`"],
  ]);
}

function withChange(command: Command): Command {
  return command
    .argument("<file...>", "resource files (*.yaml, *.json, *.ts) as `fairlead serve` reads them; - is standard input")
    .option("-g, --group <name>", "the group to change", "default")
    .option("--prune", "remove what the admin API manages of the group and the files do not hold")
    .option("--allow-empty", "with --prune: the group may be left without any resource")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .addOption(adminOption());
}
