import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Child, startChild, tail } from "./child.ts";
import { differsFrom, type Step } from "./documented-steps.ts";
import { waitFor } from "./wait-for.ts";

/** Runs the commands of a page as a reader would: those that go on running, each in a terminal of its own. */
export interface Terminal {
  /** Runs a command to its end with that exit code (0), or one of those; throws with what it printed unless it prints what the page says. */
  run(step: Step, exitCode?: number | readonly number[]): Promise<void>;
  /** Waits until a command that goes on prints what the page says of it later. */
  later(step: Step): Promise<void>;
  /** Ends what still runs, the newest first. */
  close(): Promise<void>;
}

/** Commands that go on until they are ended. */
const GOES_ON = /^(npm start|(npx )?fairlead (watch|serve)\b(?!.*--once)|envoy -c|npx node examples)/;
/** The first start installs, and the machine may be busy. */
const TIMEOUT_MS = 240_000;

const execute = promisify(execFile);

/**
 * @param cwd where the reader is
 * @param logs a directory for what commands print
 */
export function openTerminal(cwd: string, logs: string, env: NodeJS.ProcessEnv): Terminal {
  const running: { readonly step: Step; readonly child: Child }[] = [];

  async function start(step: Step): Promise<void> {
    const log = join(logs, `${step.page.replaceAll("/", "-")}-${step.line}.log`);
    const child = startChild("bash", ["-c", step.command.replace(/\s*&$/, "")], log, { cwd, env, isGroup: true });
    running.push({ step, child });
    const isServer = /^npm start|fairlead serve/.test(step.command);
    await shows(child, step, isServer ? ["…ready…"] : step.output.length > 0 ? step.output : ["…"]);
  }

  async function shows(child: Child, step: Step, output: readonly string[]): Promise<void> {
    await waitFor(
      () => `${where(step)}: ${differsFrom(output, readFileSync(child.logPath, "utf8"))}:\n${tail(child.logPath, 60)}`,
      () => {
        if (child.process.exitCode !== null) throw new Error(`${where(step)} ended:\n${tail(child.logPath, 60)}`);
        return differsFrom(output, readFileSync(child.logPath, "utf8")) === undefined;
      },
      { timeoutMs: TIMEOUT_MS, intervalMs: 20 },
    );
  }

  async function finish(step: Step, exitCodes: readonly number[]): Promise<void> {
    const options = { cwd, env, timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 };
    let last = "";
    // What it shows may take a moment to become true: a reader would look again, too.
    await waitFor(
      () => `${where(step)} ${last}`,
      async () => {
        const run = await execute("bash", ["-c", step.command], options).catch((error) => error);
        const { stdout, stderr, code = 0 } = run as { stdout: string; stderr: string; code?: number };
        // Where a page shows what goes wrong, the command says so too.
        const isWell =
          exitCodes.includes(code) || step.output.some((line) => /\b(error|rejected|different|FAIL)\b/.test(line));
        const differs = isWell ? differsFrom(step.output, `${stdout}${stderr}`) : `ends with ${code}`;
        last = `${differs}:\n${stdout}${stderr}`;
        return differs === undefined;
      },
      { timeoutMs: 30_000, intervalMs: 250 },
    );
  }

  return {
    run: (step, exitCode = 0) => (GOES_ON.test(step.command) ? start(step) : finish(step, [exitCode].flat())),
    later(step) {
      const found = running.find((one) => one.step === step);
      if (!found) throw new Error(`${where(step)} does not run`);
      return shows(found.child, step, step.later);
    },
    async close() {
      for (const { child } of running.reverse()) await child.stop("SIGINT");
    },
  };
}

function where({ page, line, command }: Step): string {
  return `${page}:${line}: \`${command}\``;
}
