import { Command, Option } from "commander";
import { readVersion } from "../version.ts";
import { MOST_WORKERS } from "../xds/workers-by-cores.ts";
import { addApply } from "./add-apply.ts";
import { addBackup } from "./add-backup.ts";
import { addBench } from "./add-bench.ts";
import { addBootstrapGrpc } from "./add-bootstrap-grpc.ts";
import { addCheck } from "./add-check.ts";
import { addCompletion } from "./add-completion.ts";
import { addConformance } from "./add-conformance.ts";
import { addGet } from "./add-get.ts";
import { addHistory } from "./add-history.ts";
import { addImport } from "./add-import.ts";
import { addProfile } from "./add-profile.ts";
import { addRegister } from "./add-register.ts";
import { addRollback } from "./add-rollback.ts";
import { addSchema } from "./add-schema.ts";
import { addSource } from "./add-source.ts";
import { addressArgument } from "./address-argument.ts";
import { adminOption } from "./admin-option.ts";
import { BOOTSTRAP_MODES } from "./bootstrap-modes.ts";
import { examples } from "./examples.ts";
import { wholeArgument } from "./whole-argument.ts";

const XDS_ADDRESS = "127.0.0.1:18000";

/**
 * The command line. What a command does is loaded when it runs, so that `--help` answers at once.
 */
export function createProgram(): Command {
  const program = new Command("fairlead")
    .description("A control plane for Envoy and gRPC.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .enablePositionalOptions() // `history` and `history diff` each have options of their own
    .exitOverride()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .showHelpAfterError("(--help shows what there is)")
    .showSuggestionAfterError(true);
  addServe(program);
  addApply(program);
  addGet(program);
  addRegister(program);
  addHistory(program);
  addRollback(program);
  addBackup(program);
  addSource(program);
  addWatch(program);
  addBootstrap(program);
  addProfile(program);
  addConformance(program);
  addBench(program);
  addCheck(program);
  addSchema(program);
  addImport(program);
  addCompletion(program);
  examples(program, [
    ["fairlead serve examples/quickstart", "serve a directory of resource files"],
    ["fairlead check examples/quickstart", "say what is wrong with it, without serving"],
    ["fairlead apply cluster.yaml --wait", "change what is served, and see how proxies take it"],
    ["fairlead watch --node demo", "see what the node `demo` is served, live"],
    ["fairlead get nodes --why", "who is connected, and what each waits for"],
    ["fairlead bootstrap envoy > envoy.yaml", "a configuration with which Envoy connects here"],
  ]);
  return program;
}

function addServe(program: Command): void {
  const serve = program
    .command("serve")
    .summary("run the control plane")
    .description(
      "Runs the control plane. *.yaml and *.json in DIR are the group `default`, DIR/<group>/ is that group.\n" +
        "They hold resources in Envoy's own format, under `resources:`, each with its `@type`.",
    )
    .argument("[dir]", "directory of resource files (default: `resources` of the configuration, else none)")
    .option("-c, --config <file>", "configuration file (default: fairlead.yaml, if there is one)")
    .option("--xds <host:port>", `where proxies connect (default: ${XDS_ADDRESS})`, addressArgument)
    .option("--admin <host:port>", "where the admin API listens (default: 127.0.0.1:18001)", addressArgument)
    .option(
      "--workers <n>",
      "threads that hold the connections; 0: none beside the engine's (default: by cores)",
      wholeArgument(0, MOST_WORKERS),
    )
    .option("--schema <file>", "Envoy's API as your Envoy has it: the executable, or a descriptor set")
    .option(
      "--store <url>",
      "keep it in an etcd that several replicas share, in place of a directory: etcd://HOST:PORT,…",
    )
    .option(
      "--data-dir <dir>",
      "where to keep what outlives a restart: every commit (default: one in the user's state directory)",
    )
    .option(
      "--no-data-dir",
      "keep nothing: what is not in files is gone with the process, and a restart may lose requests",
    )
    .option("--insecure", "serve plaintext and an open admin API to other machines too")
    .addOption(
      new Option("--log-level <level>", "least severity that is logged (default: info)").choices([
        ...["silent", "fatal", "error", "warn", "info", "debug", "trace"],
      ]),
    )
    .action(async (dir: string | undefined, options) => {
      const { serve } = await import("./serve.ts");
      await serve(dir, options);
    });
  examples(serve, [
    ["fairlead serve examples/quickstart", "serve a directory"],
    ["fairlead serve --config fairlead.yaml", "with a configuration"],
    ["fairlead serve ./xds --workers 4", "hold the connections in four threads"],
    ["fairlead serve ./xds --xds 0.0.0.0:18000 --insecure", "let other machines connect, without TLS"],
  ]);
}

function addWatch(program: Command): void {
  const watch = program
    .command("watch")
    .summary("see what a node is served, live")
    .description(
      "Connects to an xDS server (any, not just this one) as a node would, follows all that the resources refer to,\n" +
        "and prints what arrives, then each change as a difference. It never rejects and never holds others up.",
    )
    .requiredOption("-n, --node <id>", "the node id to connect as")
    .option("--cluster <name>", "the node's cluster", "")
    .option("--delta", "use the delta protocol")
    .option(
      "-t, --type <type...>",
      "only these types: cds, eds, lds, rds, sds, …, or type URLs; `type=name` for one name",
    )
    .option("--xds <host:port>", "the xDS server (default: ask the admin API, else 127.0.0.1:18000)", addressArgument)
    .option("--ca <file>", "connect over TLS and trust this certificate authority (PEM)")
    .option("--cert <file>", "client certificate (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .option("--schema <file>", "read resources by your Envoy's own API: the executable, or a descriptor set")
    .option("--once", "end when nothing new has come for a second")
    .addOption(
      new Option("-o, --output <format>", "text, or one JSON object a line").choices(["text", "json"]).default("text"),
    )
    .addOption(adminOption())
    .action(async (options) => {
      const { watch } = await import("./watch.ts");
      await watch(options);
    });
  examples(watch, [
    ["fairlead watch --node demo", "everything, and what changes"],
    ["fairlead watch --node demo --delta --type cds", "clusters only, by the delta protocol"],
    ["fairlead watch --node demo --xds xds.example.com:443 --ca ca.pem", "another server"],
  ]);
}

function addBootstrap(program: Command): void {
  const bootstrap = program
    .command("bootstrap")
    .summary("print a proxy's configuration for connecting here")
    .description("Prints what a proxy must be given so that it connects to a running control plane.");
  const envoy = bootstrap
    .command("envoy")
    .summary("for Envoy")
    .description("Prints an Envoy bootstrap. The address is asked of the running control plane, unless --xds gives it.")
    .addOption(new Option("-m, --mode <mode>", "how Envoy asks").choices([...BOOTSTRAP_MODES]).default("ads"))
    .option("-n, --node <id>", "node id", "demo")
    .option("--cluster <name>", "node cluster", "demo")
    .option(
      "--xds <host:port>",
      `the xDS server as Envoy reaches it (default: ask, else ${XDS_ADDRESS})`,
      addressArgument,
    )
    .option("--envoy-admin <host:port>", "where Envoy's own admin page listens", addressArgument, "127.0.0.1:9901")
    .option("--ca <file>", "connect over TLS and trust this certificate authority (PEM)")
    .option("--cert <file>", "client certificate (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .addOption(adminOption())
    .action(async (options) => {
      const { bootstrapEnvoy } = await import("./bootstrap.ts");
      await bootstrapEnvoy(options);
    });
  examples(envoy, [
    ["fairlead bootstrap envoy > envoy.yaml && envoy -c envoy.yaml", "one stream for all types"],
    ["fairlead bootstrap envoy --mode ads-delta --node edge-1", "delta, as node edge-1"],
  ]);
  addBootstrapGrpc(bootstrap);
}
