import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { OUTPUT_FORMATS } from "./output-formats.ts";

/** Adds the options of a command that shows something of a running control plane. */
export function withOutput(command: Command): Command {
  return command
    .addOption(new Option("-o, --output <format>", "how to print").choices([...OUTPUT_FORMATS]).default("table"))
    .addOption(adminOption());
}
