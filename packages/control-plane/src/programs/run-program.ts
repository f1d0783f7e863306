import { spawn } from "node:child_process";
import { extname } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ANSWER_FD, type ProgramAnswer, type ProgramTask } from "./messages.ts";

/** Bounds of a program. */
export interface ProgramLimits {
  /** Time that it has, from its start to its answer, ms. */
  readonly timeoutMs: number;
  /** Heap that it may use, bytes. */
  readonly maxHeapBytes: number;
  /** Size of its answer, bytes. */
  readonly maxAnswerBytes: number;
  /** Names of environment variables that it sees. */
  readonly env: readonly string[];
}

/** What came of running a program. */
export interface ProgramRun {
  readonly answer: ProgramAnswer;
  /** What it printed, its end at most {@link MAX_PRINTED_CHARACTERS}. */
  readonly printed: string;
}

const MAX_PRINTED_CHARACTERS = 4_096;

const MAIN = fileURLToPath(new URL(`./child/main${extname(import.meta.url)}`, import.meta.url));

/**
 * Runs a program in a process of its own, which may read files and nothing else: it cannot write, start processes or
 * load native code. What it does wrong (it hangs, ends, answers too much) is a fault, never an error here.
 */
export async function runProgram(task: ProgramTask, limits: ProgramLimits): Promise<ProgramRun> {
  const fault = (message: string): ProgramAnswer => ({ kind: "fault", fault: { message }, loaded: [] });
  const child = spawn(
    process.execPath,
    [
      ...["--permission", "--allow-fs-read=*", `--max-old-space-size=${Math.ceil(limits.maxHeapBytes / 2 ** 20)}`],
      ...["--disable-warning=ExperimentalWarning", MAIN],
    ],
    {
      env: pick(process.env, ["PATH", "HOME", "TZ", "LANG", ...limits.env]),
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    },
  );
  child.stdin!.on("error", () => {}).end(JSON.stringify(task)); // one that ended early is told as such below
  let answer = "";
  let refused: ProgramAnswer | undefined;
  const kill = (message: string) => {
    refused ??= fault(message);
    child.kill("SIGKILL");
  };
  const timer = setTimeout(
    () => kill(`it gave no answer within ${limits.timeoutMs} ms (programs.timeoutMs) and was ended`),
    limits.timeoutMs,
  );
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  let printed = "";
  for (const stream of [child.stdout, child.stderr] as readonly Readable[]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-MAX_PRINTED_CHARACTERS);
    });
  }
  const answers = child.stdio[ANSWER_FD] as Readable;
  answers.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
    if (answer.length > limits.maxAnswerBytes)
      kill(`its answer exceeds ${limits.maxAnswerBytes} bytes (programs.maxAnswerBytes)`);
  });
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  child.once("error", (error) => {
    refused ??= fault(`it cannot be started: ${error.message}`);
    resolve("");
  });
  child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  const ended = await closed;
  clearTimeout(timer);
  process.off("exit", end);
  return {
    answer: refused ?? readAnswer(answer) ?? fault(`it ended (${ended}) without an answer${said(printed)}`),
    printed,
  };
}

function readAnswer(text: string): ProgramAnswer | undefined {
  try {
    return JSON.parse(text) as ProgramAnswer;
  } catch {
    return undefined;
  }
}

/** Running out of memory is told at length; the first line that says something is enough. */
function said(printed: string): string {
  const line = printed.split("\n").find((text) => /error|exceed|heap/i.test(text)) ?? printed.trim().split("\n").at(-1);
  return line ? `: ${line.trim()}` : "";
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
