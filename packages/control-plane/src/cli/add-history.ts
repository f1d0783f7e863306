import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";
import { wholeArgument } from "./whole-argument.ts";
import { withOutput } from "./with-output.ts";

/** Adds `fairlead history …` to the command line. */
export function addHistory(program: Command): void {
  const history = withHistoryOptions(program.command("history").summary("what changed when, by whom, and why"))
    .description(
      "Lists revisions, newest first: when each was made, by whom, from which source, what it did, and why. With a durable\n" +
        "store history outlives restarts.",
    )
    .enablePositionalOptions()
    .action(async (options) => {
      const { listHistory } = await import("./history.ts");
      await listHistory(options);
    });
  addShow(history);
  addDiff(history);
  examples(history, [
    ["fairlead history", "the newest 20"],
    ["fairlead history --group edge --since 2h --author ana", "what ana did to one group lately"],
    ["fairlead history show latest", "the newest: field by field, and how each proxy took it"],
    ["fairlead history diff ~5", "what the last five changed together"],
  ]);
}

/** Adds the options of a list of revisions. */
export function withHistoryOptions(command: Command): Command {
  return withOutput(
    command
      .option("-g, --group <name>", "only revisions that changed this group")
      .option("--author <text>", "only revisions whose author holds this text")
      .option("--since <time>", "only revisions made since: 30m, 2h or 3d ago, or a time in RFC 3339")
      .option("-n, --limit <count>", "the most to list, up to 1000", wholeArgument(1, 1_000), 20),
  );
}

function addShow(history: Command): void {
  const show = withOutput(history.command("show").summary("one revision, and how far it has come"))
    .description("Shows what a revision changed, field by field, and how each proxy took it.")
    .argument("[revision]", "its number; `latest`; with `~N` behind it: N before", "latest")
    .action(async (revision: string, options) => {
      const { showRevision } = await import("./history.ts");
      await showRevision(revision, options);
    });
  examples(show, [["fairlead history show ~1", "the one before the newest"]]);
}

function addDiff(history: Command): void {
  const diff = history
    .command("diff")
    .summary("what differs between two revisions, field by field")
    .description(
      "Shows what differs between what two revisions left: of resources and documents each field, as it was and as it is.\n" +
        "Secrets are not shown.",
    )
    .argument(
      "<from>",
      "a revision: its number; `latest`; with `~N` behind it: N before; `~N` alone: before the newest",
    )
    .argument("[to]", "another one", "latest")
    .option("-g, --group <name>", "only this group")
    .option("-t, --type <type>", "only resources of this type: cds, eds, lds, rds, sds, …, or a type URL")
    .option("-n, --limit <count>", "the most resources and documents to show, up to 1000", wholeArgument(1, 1_000), 200)
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .addOption(adminOption())
    .action(async (from: string, to: string, options) => {
      const { historyDiff } = await import("./history-diff.ts");
      await historyDiff(from, to, options);
    });
  examples(diff, [
    ["fairlead history diff 1795360189468", "what has changed since then"],
    ["fairlead history diff 1795360189468 1795360200000", "between two"],
    ["fairlead history diff ~1 --type cds", "what the newest did to clusters"],
  ]);
}
