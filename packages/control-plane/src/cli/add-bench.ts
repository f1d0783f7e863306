import { type Command, Option } from "commander";
import { addPlanOptions } from "./bench-plan-options.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead bench …` to the command line. */
export function addBench(program: Command): void {
  const bench = program
    .command("bench")
    .summary("load any xDS server, and say how fast and how right it is")
    .description(
      "Loads an xDS v3 server, any of them: many streams, changes at their time, latency from the intended time. What the\n" +
        "server does wrong (lost, reordered, repeated updates) is a failure; a run in which the load tester itself was late is\n" +
        "INVALID. docs/bench.md is the guide.",
    );
  addRun(bench);
  addCheck(bench);
  addCompare(bench);
  addReport(bench);
  addPlan(bench);
  addRegistry(bench);
}

function addRun(bench: Command): void {
  const run = bench
    .command("run")
    .summary("run a plan, or what flags say")
    .description(
      "Runs a plan. Every setting that has a flag can do without a file; flags go over the file. Ends with 0 if all is\n" +
        "well, 99 if a threshold is missed, 1 if the server was wrong, the run invalid or impossible, 104 if the plan is wrong,\n" +
        "105 if it was ended by a signal: then there is a result of what was measured until then.",
    )
    .argument("[plan]", "the plan's file (YAML)");
  addPlanOptions(run)
    .option("-o, --out <dir>", "write result.json and report.html there")
    .option("--json <file>", "write the result; - for standard output")
    .option("--html <file>", "write the report")
    .option("-q, --quiet", "no progress")
    .action(async (plan: string | undefined, options) => {
      const { benchRun } = await import("./bench.ts");
      await benchRun(plan, options);
    });
  examples(run, [
    ["fairlead bench run --target 127.0.0.1:18000", "how fast clients connect; changes nothing"],
    ["fairlead bench run -t 127.0.0.1:18000 -d fairlead -n 500 -r 10/s --out run1", "changes by Fairlead's admin API"],
    [
      "fairlead bench run -t localhost:5678 --http-change 'POST http://localhost:8080/change?sequence={sequence}&resource={indices}'",
      "another server",
    ],
    ["fairlead bench run plan.yaml --streams 5000 --threshold 'p99 < 20ms'", "a plan, with more streams"],
  ]);
}

function addCheck(bench: Command): void {
  const check = bench
    .command("check")
    .summary("say what is wrong with a plan, or print it whole")
    .description(
      "Reads a plan as `run` does, and runs nothing: tells all that is wrong (104), or prints it with every default.",
    )
    .argument("[plan]", "the plan's file (YAML)");
  addPlanOptions(check)
    .addOption(new Option("-f, --format <format>", "how to print").choices(["yaml", "json"]).default("yaml"))
    .action(async (plan: string | undefined, options) => {
      const { benchCheck } = await import("./bench.ts");
      await benchCheck(plan, options);
    });
  examples(check, [
    ["fairlead bench check plan.yaml", "a file"],
    ["fairlead bench check -t 127.0.0.1:18000 -d fairlead > plan.yaml", "a first plan, made of flags"],
  ]);
}

function addCompare(bench: Command): void {
  const compare = bench
    .command("compare")
    .summary("put results side by side, with ratios")
    .description(
      "Compares results with the first one: each metric, its ratio, and whether that exceeds the noise. Several results of\n" +
        "one name are rounds: their median counts, and their spread is the noise.",
    )
    .argument("<file...>", "results (JSON)")
    .addOption(
      new Option("-f, --format <format>", "how to print").choices(["text", "json", "markdown"]).default("text"),
    )
    .action(async (files: readonly string[], options) => {
      const { benchCompare } = await import("./bench.ts");
      await benchCompare(files, options);
    });
  examples(compare, [["fairlead bench compare before.json after.json", "what became slower"]]);
}

function addReport(bench: Command): void {
  const report = bench
    .command("report")
    .summary("make a report of a result, or of several")
    .description(
      "Writes a report: one HTML file with its charts in it, that loads nothing. Several results stand side by side.",
    )
    .argument("<file...>", "results (JSON)")
    .requiredOption("-o, --output <file>", "where to write it")
    .action(async (files: readonly string[], options) => {
      const { benchReport } = await import("./bench.ts");
      await benchReport(files, options);
    });
  examples(report, [["fairlead bench report run1/result.json -o report.html", "then open it in a browser"]]);
}

function addPlan(bench: Command): void {
  const plan = bench
    .command("plan")
    .summary("say what so many proxies take, by what was measured")
    .description(
      "Turns measured costs into replicas, cores, memory, network and relays, with the formulas and what nobody measured.\n" +
        "Measurements are results of `bench run --json`, or the results.json of `npm run bench:peers`. docs/capacity.md tells\n" +
        "how they are used. Ends with 104 if a flag is wrong or a measurement is missing, 2 if a file is none.",
    )
    .requiredOption("--from <file...>", "measurements (JSON)")
    .requiredOption("-n, --proxies <n>", "how many there are to be")
    .requiredOption("-r, --changes <rate>", "changes in all: 10/s, 6/m")
    .requiredOption("--size <size>", "what a change brings to a proxy: 10KB")
    .option("--interested <share>", "proxies that a change concerns", "100%")
    .option("--cores-per-replica <n>", "cores of a replica", "4")
    .option("--headroom <share>", "what is kept free of them", "50%")
    .option("--memory-per-replica <size>", "what a replica may have: 4GiB (default: no bound)")
    .option("--network-per-replica <rate>", "what it may send: 1.25GB/s (default: no bound)")
    .option("--fan-out <time>", "how soon a change has to be everywhere: 1s (default: no bound)")
    .option("--relay-fanout <n>", "replicas or relays that one upstream feeds (default: as many as one core can)")
    .option("--tls", "over mutual TLS")
    .option("--fit <name...>", "use these measurements of --from alone: rows, or results by their names")
    .option("--check <file...>", "say how far the costs are off from these measurements (JSON)")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (options) => {
      const { benchPlan } = await import("./bench.ts");
      await benchPlan(options);
    });
  examples(plan, [
    ["fairlead bench plan --from results.json --proxies 1000000 --changes 10/s --size 10KB", "a million proxies"],
    [
      "fairlead bench plan --from small.json large.json many.json -n 20000 -r 1/s --size 4KB --tls",
      "by runs of one's own",
    ],
    ["fairlead bench plan --from results.json -n 5000 -r 1/s --size 10KB --check other.json", "and the error of it"],
  ]);
}

function addRegistry(bench: Command): void {
  const registry = bench
    .command("registry")
    .summary("load Fairlead's registry with instances and their heartbeats")
    .description(
      "Registers instances as fast as the server takes them, has each beat once in an interval, then deregisters them. Tells\n" +
        "rates, latencies (of heartbeats from the time they were due), the server's CPU and memory, and commits of its store.\n" +
        "Ends with 1 if anything was refused, 104 if a flag is wrong.",
    )
    .option("--admin <url>", "the admin API", "http://127.0.0.1:18001")
    .option("-t, --target <host:port>", "the port of xDS, where the gRPC service is", "127.0.0.1:18000")
    .addOption(
      new Option("--by <way>", "a request each, a request for several, or gRPC streams")
        .choices(["rest", "batch", "stream"])
        .default("stream"),
    )
    .option("-n, --instances <n>", "how many", "10000")
    .option("--services <n>", "that they belong to (default: one for 100 instances)")
    .option("--interval <time>", "each beats once in it", "1s")
    .option("--for <time>", "how long they beat", "10s")
    .option("--connections <n>", "connections or streams at a time (default: 64 by rest, 4 by batch, 10 by stream)")
    .option("--batch <n>", "instances of one message (default: 100 by batch, else 1)")
    .option("--pid <pid>", "the server's process (default: by its metrics)")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (options) => {
      const { benchRegistry } = await import("./bench-registry.ts");
      await benchRegistry(options);
    });
  examples(registry, [
    ["fairlead bench registry", "10,000 instances that beat each second, by gRPC streams"],
    ["fairlead bench registry --by rest -n 1000 --for 5s", "a request for each heartbeat"],
    ["fairlead bench registry --by batch -n 100000 --interval 10s --for 30s", "agents of large hosts"],
  ]);
}
