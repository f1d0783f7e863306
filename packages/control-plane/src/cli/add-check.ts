import { type Command, Option } from "commander";
import { CHECK_FORMATS } from "../check/formats.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead check` to the command line. */
export function addCheck(program: Command): void {
  const check = program
    .command("check")
    .summary("say all that is wrong with resource files")
    .description(
      "Looks at DIR and the configuration as `fairlead serve` would, without serving: every fault at once, each with\n" +
        "file, line, column, JSON pointer and rule. Ends with 0, or with 1 if anything is refused.",
    )
    .argument("[dir]", "directory of resource files (default: `resources` of the configuration)")
    .option("-c, --config <file>", "configuration file (default: fairlead.yaml, if there is one)")
    .option("--schema <file>", "Envoy's API as your Envoy has it: the executable, or a descriptor set")
    .option(
      "--envoy <file>",
      "ask this Envoy too: it builds each group (`--mode validate`), and neither listens nor connects",
    )
    .addOption(
      new Option("-f, --format <format>", "text, one JSON object, or annotations for GitHub's workflows")
        .choices([...CHECK_FORMATS])
        .default("text"),
    )
    .addOption(
      new Option("--target <who>", "say what gRPC clients and servers would refuse or pass over").choices(["grpc"]),
    )
    .option("--strict", "end with 1 for warnings too")
    .option("-q, --quiet", "errors only, and no summary")
    .action(async (dir: string | undefined, options) => {
      const { check } = await import("./check.ts");
      await check(dir, options);
    });
  examples(check, [
    ["fairlead check examples/quickstart", "a directory"],
    ["fairlead check --config fairlead.yaml", "a configuration, and the directory that it names"],
    ["fairlead check xds --envoy ./envoy --schema ./envoy", "by the schema of an Envoy, and by that Envoy itself"],
    ["fairlead check xds --target grpc", "for xds:/// clients"],
    ["fairlead check xds --strict --format github", "in a workflow: annotations beside the lines"],
  ]);
}
