import type { Command } from "commander";
import { createProgram } from "../src/cli/program.ts";
import { GENERATED } from "./json-schema.ts";

/** Columns of the help as the page shows it. */
const WIDTH = 120;

const INTRODUCTION = `Every command's \`--help\`. \`npx fairlead\` runs it from this repository; \`fairlead\` where it is installed.

Commands that ask a running control plane find it at \`http://127.0.0.1:18001\`, at \`--admin URL\`, or at \`FAIRLEAD_ADMIN\`.
Colours are for terminals: \`NO_COLOR=1\` and \`FORCE_COLOR=1\` say otherwise. Errors go to standard error.

| exit code | meaning |
| --- | --- |
| 0 | Done, or nothing is wrong. |
| 1 | It failed, or found what it looks for to be wrong: a rejection, a fault, a difference. |
| 2 | The command line or the configuration is wrong, and nothing was done; of \`diff\`, any trouble. |
| 99, 104, 105 | Of \`bench\`: a threshold is missed; the plan is wrong; ended by a signal. |

Shells complete command lines, with the names that the control plane knows: [fairlead completion](#fairlead-completion).`;

/** docs/cli.md, written from the commands themselves. */
export function renderCli(): string {
  const sections = visibleCommands(createProgram(), "fairlead").map(([name, command]) => {
    return `## ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``;
  });
  return `${[GENERATED, "# Command line", INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function visibleCommands(command: Command, name: string): [string, Command][] {
  const below = command.createHelp().visibleCommands(command);
  return [
    [name, command],
    ...below.filter((one) => one.name() !== "help").flatMap((one) => visibleCommands(one, `${name} ${one.name()}`)),
  ];
}

/** With examples, as a terminal of that width shows it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}
