import { type ChildProcess, spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** A command that is running or has ended. */
export interface Command {
  readonly process: ChildProcess;
  /** What it wrote so far. */
  readonly output: { stdout: string; stderr: string };
  /** Resolves with its exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** Waits until its output matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts `fairlead` with these arguments; it is killed at the end of the test, if it still runs. */
export function fairlead(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Command {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  t.after(() => child.kill("SIGKILL"));
  return {
    process: child,
    output,
    ended,
    async prints(pattern) {
      const find = () => pattern.exec(output.stdout + output.stderr);
      await until(`${args.join(" ")} prints ${pattern}`, () => find() !== null || child.exitCode !== null);
      const found = find();
      if (!found) throw new Error(`ended with ${child.exitCode}:\n${output.stdout}\n${output.stderr}`);
      return found;
    },
  };
}

/** Runs `fairlead` to its end. */
export async function runFairlead(t: TestContext, args: readonly string[], env: Record<string, string> = {}) {
  const command = fairlead(t, args, env);
  return { code: await command.ended, ...command.output };
}
