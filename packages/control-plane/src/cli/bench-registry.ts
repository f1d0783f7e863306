import {
  formatRegistryResult,
  type RegistryFlags,
  type RegistryResult,
  readRegistryFlags,
  runRegistry,
} from "@fairlead/bench";
import { endedInOrder, told } from "./bench-run.ts";

/** Options of `fairlead bench registry`, beside those of the plan. */
export interface BenchRegistryOptions extends RegistryFlags {
  readonly output: "text" | "json";
}

/** `fairlead bench registry`: what heartbeats and registrations cost a registry. Ends with 1 if any was refused. */
export async function benchRegistry({ output, ...flags }: BenchRegistryOptions): Promise<void> {
  await told(async () => {
    const plan = readRegistryFlags(flags);
    const result = await endedInOrder((signal) => runRegistry(plan, signal));
    process.stdout.write(output === "json" ? `${JSON.stringify(result, null, 2)}\n` : formatRegistryResult(result));
    process.exitCode = exitCodeOf(result);
  });
}

function exitCodeOf({ phases }: RegistryResult): number {
  return phases.some(({ refused }) => refused > 0) ? 1 : 0;
}
