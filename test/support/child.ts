import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type WaitOptions, waitFor } from "./wait-for.ts";

/** A program that a test started; its output goes to a file, so that a failure can be read afterwards. */
export interface Child {
  readonly process: ChildProcess;
  /** Holds stdout and stderr. */
  readonly logPath: string;
  /** SIGTERM, and SIGKILL when it does not end in time. Does nothing once it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const STOP_TIMEOUT_MS = 5_000;

/** Where and with what environment a program runs. */
export interface ChildOptions {
  readonly cwd?: string;
  /** The whole environment. Default: this process's, without what belongs to the test runner. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether signals go to all that it starts too, as those of a terminal do. Default: to itself. */
  readonly isGroup?: boolean;
}

/** Starts a program whose output is appended to `logPath`. It dies with this process at the latest. */
export function startChild(
  command: string,
  args: readonly string[],
  logPath: string,
  { isGroup = false, ...options }: ChildOptions = {},
): Child {
  const log = openSync(logPath, "a");
  const child = spawn(command, args, {
    env: withoutTestContext(),
    ...options,
    detached: isGroup,
    stdio: ["ignore", log, log],
  });
  const send = (signal: NodeJS.Signals) => (isGroup ? process.kill(-child.pid!, signal) : child.kill(signal));
  closeSync(log);
  const kill = () => send("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
  return { process: child, logPath, stop: (signal) => stopChild(child, signal, send) };
}

/** Ends a process politely, then by force. */
export async function stopChild(
  child: ChildProcess,
  signal: NodeJS.Signals = "SIGTERM",
  send = (signal: NodeJS.Signals) => child.kill(signal),
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  send(signal);
  const force = setTimeout(() => send("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(force);
}

/** Waits for a line of the log that `read` understands; fails at once when the program ends before. */
export async function waitForLog<T>(
  child: Child,
  what: string,
  read: (log: string) => T | undefined,
  options: WaitOptions = {},
): Promise<T> {
  const found = await waitFor(
    () => `${what}; its log: ${child.logPath}\n${tail(child.logPath)}`,
    () => {
      const value = read(readFileSync(child.logPath, "utf8"));
      if (value !== undefined) return { value };
      if (child.process.exitCode === null) return undefined;
      return { ended: child.process.exitCode };
    },
    options,
  );
  if ("value" in found) return found.value as T;
  throw new Error(`ended with ${found.ended} before ${what}:\n${tail(child.logPath)}`);
}

/** The last lines of a log, for messages. */
export function tail(path: string, lines = 20): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

/** The environment without what makes a child believe that it is a test file of this run. */
export function withoutTestContext(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return env;
}
