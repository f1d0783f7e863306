import { type Command, Option } from "commander";
import { withHistoryOptions } from "./add-history.ts";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";
import { withOutput } from "./with-output.ts";

/** Adds `fairlead get …` to the command line. */
export function addGet(program: Command): void {
  const get = program
    .command("get")
    .summary("show what a running control plane serves")
    .description(
      "Shows nodes, replicas, groups, rules, resources, services, instances, revisions or events of a running control plane.",
    );
  addNodes(get);
  addReplicas(get);
  addGroups(get);
  addRules(get);
  addResources(get);
  addServices(get);
  addInstances(get);
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

function addReplicas(get: Command): void {
  const replicas = withOutput(get.command("replicas").summary("the control planes that serve one store"))
    .description(
      "Lists the control planes that serve one store: how each is doing, how many proxies it holds, and which of them reads\n" +
        "the sources for all. The one that is asked has a star.",
    )
    .action(async (options) => {
      const { getReplicas } = await import("./get-replicas.ts");
      await getReplicas(options);
    });
  examples(replicas, [["fairlead get replicas", "whichever of them is asked"]]);
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

function addRules(get: Command): void {
  const rules = withOutput(get.command("rules").summary("which group serves a node"))
    .description(
      "Lists the rules that say which group serves a node: the first that matches decides. They are those in the store, the same\n" +
        "on every replica, or without them `groups:` of the configuration.",
    )
    .action(async (options) => {
      const { getRules } = await import("./get-rules.ts");
      await getRules(options);
    });
  examples(rules, [
    ["fairlead get rules", "in order, and where they are from"],
    ["fairlead get rules -o json", "for a program"],
  ]);
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

function addServices(get: Command): void {
  const services = withOutput(get.command("services").summary("services that announce themselves"))
    .description("Lists services: how many instances each has, and which fell silent.")
    .action(async (options) => {
      const { getServices } = await import("./get-services.ts");
      await getServices(options);
    });
  examples(services, [["fairlead get services", "with the alarms of those that fell silent"]]);
}

function addInstances(get: Command): void {
  const instances = withOutput(get.command("instances").summary("instances of a service"))
    .description("Lists the instances of a service: where they are, how they are, who hears their heartbeats.")
    .argument("<service>", "the service")
    .option("-f, --follow", "show all, then each change, through restarts of the control plane")
    .action(async (service: string, options) => {
      const { getInstances } = await import("./get-instances.ts");
      await getInstances(service, options);
    });
  examples(instances, [
    ["fairlead get instances web", "health, age of the last heartbeat, locality, owner"],
    ["fairlead get instances web --follow -o json", "each change, for a program"],
  ]);
}

function addRevisions(get: Command): void {
  const revisions = withHistoryOptions(get.command("revisions").summary("what changed when, by whom, and why"))
    .description("The same as `fairlead history` and, of one, `fairlead history show`.")
    .argument("[revision]", "only this one, with what changed and how each proxy took it")
    .action(async (revision: string | undefined, options) => {
      const { listHistory, showRevision } = await import("./history.ts");
      await (revision === undefined ? listHistory(options) : showRevision(revision, options));
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
