import { BenchError, type BenchErrorCode } from "@fairlead/bench";
import { tell } from "./tell.ts";

/** Exit codes (reliability.md, "Process exit codes"). */
const EXIT_CODES: Readonly<Record<BenchErrorCode, number>> = {
  "bad-plan": 104,
  "target-unreachable": 1,
  "target-refused": 1,
  "target-protocol": 1,
  "driver-failed": 1,
  "generator-failed": 1,
  "result-unreadable": 2,
  aborted: 105,
};
/** What the load tester throws on purpose is told, and sets the exit code. */
export async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    if (!error.partial) tell(error.message); // else it is a reason of the result that was told
    process.exitCode = EXIT_CODES[error.code];
  }
}

/**
 * Work of the load tester that a signal ends: the first SIGINT or SIGTERM aborts it, so that it cleans up; a second one ends the
 * process at once.
 */
export async function endedInOrder<T>(
  work: (signal: AbortSignal) => Promise<T>,
  say: (text: string) => void = tell,
): Promise<T> {
  const over = new AbortController();
  const onSignal = () => {
    if (over.signal.aborted) process.exit(EXIT_CODES.aborted);
    say("ending the run; once more ends it at once, and leaves the server as it is");
    over.abort(new BenchError("aborted", "ended by a signal"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await work(over.signal);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
