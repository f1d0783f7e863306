/**
 * Does work that leaves nothing behind when a signal ends the process: SIGINT or SIGTERM aborts it, and ends the process
 * as it would have done once the work has cleaned up.
 */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  let heard: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals) => {
    heard ??= signal;
    over.abort();
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
  try {
    return await work(over.signal);
  } finally {
    process.off("SIGINT", hear).off("SIGTERM", hear);
    if (heard !== undefined) process.kill(process.pid, heard);
  }
}
