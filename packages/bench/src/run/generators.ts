import { type ChildProcess, fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { BenchError } from "../errors.ts";
import type { Command, Report } from "./messages.ts";

/** The generator processes of a run. */
export interface Generators {
  readonly count: number;
  send(generator: number, command: Command): void;
  /** Ends all: they are asked first, and killed when they don't follow. No process is left when it resolves. */
  stop(): Promise<void>;
}

/** Where generators run and who hears of them. */
export interface GeneratorOptions {
  readonly count: number;
  /** CPUs they are bound to, as `taskset -c` takes them. */
  readonly cpus?: string | undefined;
  onReport(generator: number, report: Report): void;
  /** A process ended or could not be started; called once per process at most. */
  onBroken(error: BenchError): void;
}

/** How long a process may take to end once it is asked to, ms. */
const CLOSE_TIMEOUT_MS = 3_000;
/** What a process wrote on standard error is kept up to that many characters, for the message of its end. */
const STDERR_CHARACTERS = 4_000;

/** Compiled or not, the generator is the file beside this one's folder. */
const MAIN = fileURLToPath(new URL(`../load/main${import.meta.url.slice(-3)}`, import.meta.url));

/** Starts generator processes. They end with this process at the latest. */
export function startGenerators(options: GeneratorOptions): Generators {
  const processes = Array.from({ length: options.count }, (_, generator) => startOne(generator, options));
  const killAll = () => {
    for (const { child } of processes) child.kill("SIGKILL");
  };
  process.once("exit", killAll);
  return {
    count: options.count,
    send: (generator, command) => processes[generator]?.send(command),
    async stop() {
      await Promise.all(processes.map((one) => one.stop()));
      process.removeListener("exit", killAll);
    },
  };
}

interface GeneratorProcess {
  readonly child: ChildProcess;
  send(command: Command): void;
  stop(): Promise<void>;
}

function startOne(generator: number, { cpus, onReport, onBroken }: GeneratorOptions): GeneratorProcess {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // else its messages are taken for those of a test
  const bound = cpus === undefined ? {} : { execPath: "taskset", execArgv: ["-c", cpus, process.execPath] };
  const child = fork(MAIN, [], {
    env,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true, // Ctrl-C is for the coordinator: it ends the run in order
    ...bound,
  });
  let isStopping = false;
  let isOver = false;
  let stderr = "";
  const ended = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      isOver = true;
      resolve();
      if (!isStopping) onBroken(new BenchError("generator-failed", whyEnded(generator, code, signal, stderr)));
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return; // a message that could not be sent: its end will tell
      isOver = true;
      resolve();
      onBroken(new BenchError("generator-failed", whyNotStarted(error), { cause: error }));
    });
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS);
  });
  child.on("message", (report) => onReport(generator, report as Report));
  const send = (command: Command) => {
    if (!isOver && child.connected) child.send(command, () => undefined); // a failure shows as its end
  };
  return {
    child,
    send,
    async stop() {
      isStopping = true;
      if (isOver) return;
      send({ kind: "close" });
      const force = setTimeout(() => child.kill("SIGKILL"), CLOSE_TIMEOUT_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

function whyEnded(generator: number, code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const isMemory =
    stderr.includes("heap out of memory") || signal === "SIGKILL" || code === 128 + constants.signals.SIGABRT;
  const mend = isMemory ? "; if memory ran out: more generator processes, fewer streams or smaller resources" : "";
  const last = stderr.trim() === "" ? "" : `\n${stderr.trim()}`;
  return `generator process ${generator} ended ${how} in the middle of the run${mend}${last}`;
}

function whyNotStarted(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") {
    return "the generators can't be bound to CPUs, since `taskset` was not found: install util-linux, or leave out generatorCpus";
  }
  return `a generator process can't be started: ${error.message}`;
}
