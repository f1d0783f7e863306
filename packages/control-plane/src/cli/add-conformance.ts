import { type Command, InvalidArgumentError, Option } from "commander";
import { addressArgument } from "./address-argument.ts";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead conformance` to the command line. */
export function addConformance(program: Command): void {
  const conformance = program
    .command("conformance")
    .summary("try an xDS server, and report by requirement")
    .description(
      "Tries whether an xDS v3 server (any, not just this one) does what the protocol says: State of the World and\n" +
        "delta, ADS and a stream per type. A driver sets what the server serves; each case uses a node of its own, whose\n" +
        "id and cluster are its name. Ends with 0 if all is well, 1 if a requirement of the level is not met, 2 if it\n" +
        "could not be tried. docs/conformance.md has the contract of the drivers, and all cases.",
    )
    .option("-t, --target <host:port>", "the xDS server to try", addressArgument)
    .option("--rest <host:port>", "where it serves REST, if that is another port", addressArgument)
    .addOption(
      new Option(
        "-d, --driver <driver>",
        "how its state is set: `fairlead` by --admin, `http` by --put, `exec` by --command",
      )
        .choices(["fairlead", "http", "exec"])
        .default("fairlead"),
    )
    .addOption(adminOption())
    .option(
      "--put <url>",
      "http: where a node's state is sent, {node} stands for it; the body is {node, version, resources}",
    )
    .option("--delete <url>", "http: where a node is forgotten, by DELETE")
    .option("--method <method>", "http: instead of PUT", "PUT")
    .option("--command <cmd>", "exec: a program that takes and answers changes as lines of JSON")
    .option("--only <ids...>", "only these requirements: C4 W3, or C4,W3")
    .addOption(
      new Option(
        "--level <level>",
        "what must be met: what the specification says, also what it recommends, also what Fairlead promises",
      )
        .choices(["spec", "recommended", "fairlead"])
        .default("spec"),
    )
    .option("--strict", "what the server does not support, and need not, counts as failed, too")
    .option("--concurrency <n>", "trials at a time", wholeNumber, 8)
    .option("--timeout <ms>", "longest wait for what must come", wholeNumber, 5_000)
    .option("--quiet <ms>", "how long nothing may come where no round trip can prove it", wholeNumber, 300)
    .option("--timing <name=ms...>", "the server's own waits, as in `xds.timings`, if they are not Fairlead's defaults")
    .option("--ca <file>", "connect over TLS and trust this certificate authority (PEM)")
    .option("--cert <file>", "client certificate (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .addOption(
      new Option("-f, --format <format>", "how to report")
        .choices(["text", "json", "junit", "markdown"])
        .default("text"),
    )
    .option("-v, --verbose", "with what was sent and received in each trial")
    .option("--list", "print the cases instead: id, level, how, what, by which source")
    .action(async (options) => {
      const { conformance } = await import("./conformance.ts");
      await conformance(options);
    });
  examples(conformance, [
    ["fairlead conformance --target 127.0.0.1:18000 --level fairlead", "a running `fairlead serve`"],
    [
      "fairlead conformance -t localhost:5678 -d http --put http://localhost:8080/{node}",
      "a server with an HTTP adapter",
    ],
    ["fairlead conformance -t localhost:5678 -d exec --command ./adapter -f junit", "through a program, for CI"],
    ["fairlead conformance --list --only O1", "what is tried of make before break"],
  ]);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a whole number above 0.");
}
