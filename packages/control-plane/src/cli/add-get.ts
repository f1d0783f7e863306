import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";
import { OUTPUT_FORMATS } from "./output-formats.ts";

/** Adds `fairlead get …` to the command line. */
export function addGet(program: Command): void {
  const get = program
    .command("get")
    .summary("show what a running control plane serves")
    .description("Shows nodes, groups, resources, revisions or events of a running control plane.");
  addNodes(get);
  addGroups(get);
  addResources(get);
  addRevisions(get);
  addEvents(get);
}

function addNodes(get: Command): void {
  const nodes = withOutput(get.command("nodes").summary("connected proxies and how they are doing"))
    .description("Lists connected proxies: what each accepted, rejected or waits for.")
    .argument("[id]", "only this node id")
    .option("--why", "show each stage of make before break, what it waits for, and since when")
    .option("-g, --group <name>", "only nodes of this group")
    .option("--observers", "with those that only watch")
    .action(async (id: string | undefined, options) => {
      const { getNodes } = await import("./get-nodes.ts");
      await getNodes(id, options);
    });
  examples(nodes, [
    ["fairlead get nodes", "all of them, with the message of each rejection"],
    ["fairlead get nodes edge-1 --why", "what one waits for"],
    ["fairlead get nodes -o json", "for a program"],
  ]);
}

function addGroups(get: Command): void {
  const groups = withOutput(get.command("groups").summary("groups and what they hold"))
    .description("Lists groups: the nodes that share a configuration.")
    .action(async (options) => {
      const { getGroups } = await import("./get-groups.ts");
      await getGroups(options);
    });
  examples(groups, [["fairlead get groups", "with their revisions and who defines them"]]);
}

function addResources(get: Command): void {
  const resources = withOutput(get.command("resources").summary("resources of a group"))
    .description("Lists the resources of one group, or of all.")
    .option("-g, --group <name>", "only this group (default: all)")
    .option("-t, --type <type>", "only this type: cds, eds, lds, rds, sds, …, or a type URL")
    .option("-n, --name <name>", "only this name")
    .action(async (options) => {
      const { getResources } = await import("./get-resources.ts");
      await getResources(options);
    });
  examples(resources, [
    ["fairlead get resources", "names, versions and owners"],
    ["fairlead get resources -t cds -n web -o yaml", "one cluster in full"],
  ]);
}

function addRevisions(get: Command): void {
  const revisions = withOutput(get.command("revisions").summary("what changed when, by whom, and why"))
    .description("Lists the newest revisions; of one, shows all that changed, and how far it has come.")
    .argument("[revision]", "only this one, with what changed and how each proxy took it")
    .option("-g, --group <name>", "only revisions that changed this group")
    .option("-n, --limit <count>", "the most to list", "20")
    .action(async (revision: string | undefined, options) => {
      const { getRevisions } = await import("./get-revisions.ts");
      await getRevisions(revision, options);
    });
  examples(revisions, [
    ["fairlead get revisions", "the newest 20"],
    ["fairlead get revisions 1795360189468", "one: who accepted it, who rejected it and why"],
  ]);
}

function addEvents(get: Command): void {
  const events = get
    .command("events")
    .summary("what happened lately, or happens")
    .description(
      "Shows what the control plane remembers: revisions and their convergence, proxies that came, went, accepted or\n" +
        "rejected, sources at fault. With --follow it goes on, through restarts of the control plane.",
    )
    .option("-f, --follow", "go on with what happens, from now")
    .option("-g, --group <name>", "only what concerns this group")
    .option(
      "--types <types>",
      "only these, with commas between: revision, converged, connected, disconnected, acked, nacked, …",
    )
    .addOption(
      new Option("-o, --output <format>", "text, or one JSON object a line").choices(["text", "json"]).default("text"),
    )
    .addOption(adminOption())
    .action(async (options) => {
      const { getEvents } = await import("./get-events.ts");
      await getEvents(options);
    });
  examples(events, [
    ["fairlead get events", "what is remembered"],
    ["fairlead get events --follow --types nacked,faulty", "what goes wrong, as it happens"],
  ]);
}

function withOutput(command: Command): Command {
  return command
    .addOption(new Option("-o, --output <format>", "how to print").choices([...OUTPUT_FORMATS]).default("table"))
    .addOption(adminOption());
}
