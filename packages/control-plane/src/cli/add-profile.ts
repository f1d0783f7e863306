import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";
import { wholeArgument } from "./whole-argument.ts";

/** Adds `fairlead profile` to the command line. */
export function addProfile(program: Command): void {
  const profile = program
    .command("profile")
    .summary("see where the time goes, or what holds memory")
    .description(
      "Takes a profile of a running control plane and writes it to a file: where the CPU time goes, for `go tool pprof`\n" +
        "or as a page; or with --heap who allocated what is in use. One at a time; Ctrl-C ends it there, too.",
    )
    .addOption(
      new Option(
        "-s, --seconds <n>",
        "how long to record, 1 to 300 (default: 30; of --heap since the start)",
      ).argParser(wholeArgument(1, 300)),
    )
    .option("-o, --output <file>", "where to write it; `-` is standard output (default: named by kind and time)")
    .addOption(new Option("--heap", "who allocated what is in use").conflicts("flamegraph"))
    .option("--flamegraph", "where the time goes as a page for a browser, which needs nothing else")
    .addOption(adminOption())
    .action(async (options) => {
      const { profile } = await import("./profile.ts");
      await profile(options);
    });
  examples(profile, [
    ["fairlead profile", "30 s of CPU time, for `go tool pprof -top FILE`"],
    ["fairlead profile --flamegraph --seconds 10 -o flame.html", "a page for a browser"],
    ["fairlead profile --heap", "who allocated what is in use"],
    ["fairlead profile --heap --seconds 60", "what grew in a minute"],
  ]);
}
