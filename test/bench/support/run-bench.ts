import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Result } from "@fairlead/bench";
import { withoutTestContext } from "../../support/child.ts";

const MAIN = fileURLToPath(new URL("../../../packages/control-plane/src/cli/main.ts", import.meta.url));

/** A `fairlead bench run` that goes on. */
export interface RunningBench {
  readonly pid: number;
  /** All it has written on standard error so far. */
  readonly stderr: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<BenchRun>;
}

/** One that has ended. */
export interface BenchRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it left in its folder; `undefined`: no result. */
  readonly result: Result | undefined;
}

/** Starts `fairlead bench run`, with its files in `folder`. It dies with this process at the latest. */
export function startBench(args: readonly string[], folder: string, env: NodeJS.ProcessEnv = {}): RunningBench {
  const child = spawn(process.execPath, [MAIN, "bench", "run", "--out", folder, ...args], {
    env: { ...withoutTestContext(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const stdout = text(child.stdout);
  const ended = once(child, "close").then(async ([code]): Promise<BenchRun> => {
    process.removeListener("exit", kill);
    const file = join(folder, "result.json");
    const result = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Result) : undefined;
    return { code, stdout: await stdout, stderr, result };
  });
  return { pid: child.pid!, stderr: () => stderr, signal: (signal) => child.kill(signal), ended };
}

/** Runs it to its end. */
export function runBench(args: readonly string[], folder: string): Promise<BenchRun> {
  return startBench(args, folder).ended;
}
