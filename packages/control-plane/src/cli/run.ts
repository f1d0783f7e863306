import { type Command, CommanderError } from "commander";
import { FairleadError } from "../errors.ts";
import { createProgram } from "./program.ts";
import { tell } from "./tell.ts";

/** Exit codes (reliability.md, "Process exit codes"). */
const FAILED = 1;
const USAGE = 2;

/** Runs one command line to its end; returns the exit code. Errors are told on standard error, in one piece. */
export async function runCli(args: readonly string[]): Promise<number> {
  quietlyEndWithReader();
  try {
    const program = createProgram();
    await program.parseAsync(withoutHelpOnNothing(program, args), { from: "user" });
    return Number(process.exitCode ?? 0); // set by a command that found what it looked for to be wrong
  } catch (error) {
    return report(error);
  }
}

/**
 * `fairlead srve --help` and `fairlead help srve` ask for help on what there is not: commander would print that on all,
 * with 0. Without the help in it the line is refused with the nearest command.
 */
function withoutHelpOnNothing(program: Command, args: readonly string[]): readonly string[] {
  const isHelpCommand = args[0] === "help";
  const wanted = isHelpCommand ? args.slice(1) : args;
  if (!isHelpCommand && !wanted.some((arg) => arg === "--help" || arg === "-h")) return args;
  let command = program;
  for (const [index, arg] of wanted.entries()) {
    if (arg.startsWith("-") || command.commands.length === 0) return args;
    const next = command.commands.find((one) => one.name() === arg);
    if (!next) return arg === "help" ? args : wanted.slice(0, index + 1);
    command = next;
  }
  return args;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (error instanceof FairleadError) {
    tell(error.message);
    return error.exitCode;
  }
  if (isStaleApi(error)) {
    tell(
      `what is generated of .proto files is missing or of another version: run \`npm run build:api\` (${error.message})`,
    );
    return FAILED;
  }
  tell(`a defect in fairlead: ${error instanceof Error ? error.stack : String(error)}`);
  return FAILED;
}

/** After a `git pull` a checkout has the generated code of before until it is made anew; only npm's own scripts see to that. */
function isStaleApi(error: unknown): error is Error {
  if (!(error instanceof Error) || !/[\\/]gen[\\/]/.test(error.message)) return false;
  return (
    error instanceof SyntaxError ||
    /^(?:ERR_MODULE_NOT_FOUND|ENOENT)$/.test((error as NodeJS.ErrnoException).code ?? "")
  );
}

/** `fairlead get … | head`: the reader going away is not an error. */
function quietlyEndWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}
