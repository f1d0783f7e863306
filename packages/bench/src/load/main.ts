import { BenchError } from "../errors.ts";
import type { Command, Report } from "../run/messages.ts";
import { Generator } from "./generator.ts";

/** The generator process: forked by the coordinator, answers its commands over IPC, and ends when that channel does. */
const generator = new Generator({ report });

process.on("message", (command: Command) => {
  try {
    generator.handle(command);
    if (command.kind === "close") process.disconnect();
  } catch (error) {
    fail(error);
  }
});
process.on("disconnect", () => process.exit(0));
process.on("uncaughtException", fail);
// The coordinator hears an interrupt too, and tells us to close when the results are in.
process.on("SIGINT", () => {});

function report(message: Report): void {
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): void {
  const code = error instanceof BenchError ? error.code : "generator-failed";
  const message =
    error instanceof BenchError ? error.message : `a generator failed: ${String((error as Error)?.stack ?? error)}`;
  report({ kind: "fatal", code, message });
}
