import type { ChildProcess } from "node:child_process";

/** Hundreds of starts, one after the other, may meet a busy minute. */
export const PATIENCE = { timeoutMs: 120_000, intervalMs: 5 } as const;

/** A process that is to be killed must not outlive who does it. */
export function killWithUs(child: ChildProcess): void {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
}
