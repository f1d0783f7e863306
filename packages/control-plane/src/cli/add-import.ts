import { type Command, Option } from "commander";
import { addressArgument } from "./address-argument.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead import` to the command line. */
export function addImport(program: Command): void {
  const command = program
    .command("import")
    .summary("turn a static Envoy configuration into resource files")
    .description(
      "Turns the static listeners, clusters and secrets of an Envoy bootstrap into resource files that serve the same:\n" +
        "routes inside listeners come by RDS, endpoints of static clusters by EDS, secrets by SDS; names stay. What can't be\n" +
        "served (admin, stats sinks, runtime, …) is printed as the bootstrap with which that Envoy connects here.",
    )
    .argument("<bootstrap>", "the Envoy configuration, YAML or JSON")
    .requiredOption("-o, --output <dir>", "directory for the resource files")
    .option("-g, --group <name>", "write them as this group (default: the group `default`)")
    .option("--bootstrap <file>", "where to write the rest of the bootstrap (default: standard output)")
    .option("--force", "write over files that are there")
    .option("--no-rds", "leave routes inside their listeners")
    .option("--no-eds", "leave endpoints inside their clusters")
    .addOption(new Option("-m, --mode <mode>", "how Envoy is to ask").choices(["ads", "ads-delta"]).default("ads"))
    .option("--xds <host:port>", "the xDS server as Envoy reaches it", addressArgument, "127.0.0.1:18000")
    .option("-n, --node <id>", "node id, if the bootstrap has none", "imported")
    .option("--cluster <name>", "node cluster, if the bootstrap has none", "imported")
    .option("--schema <file>", "Envoy's API as your Envoy has it: the executable, or a descriptor set")
    .action(async (bootstrap: string, options) => {
      const { importBootstrap } = await import("./import.ts");
      await importBootstrap(bootstrap, options);
    });
  examples(command, [
    [
      "fairlead import envoy.yaml -o xds --bootstrap xds-envoy.yaml",
      "then: fairlead serve xds; envoy -c xds-envoy.yaml",
    ],
    [
      "fairlead import envoy.yaml -o xds --schema ./envoy > bootstrap.yaml",
      "for fields newer than the built-in schema",
    ],
  ]);
}
