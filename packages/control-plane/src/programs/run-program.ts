import { type ChildProcess, spawn } from "node:child_process";
import { extname } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ANSWER_FD, type LoadedFile, type NodeAnswer, type ProgramAnswer, type ProgramTask } from "./messages.ts";

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

/** Programs that one kind of asker runs at the same time, at most: each is a process of its own. */
export const MAX_RUNNING_PROGRAMS = 2;

const MAIN = fileURLToPath(new URL(`./child/main${extname(import.meta.url)}`, import.meta.url));

/**
 * Runs a program in a process of its own, which may read files and use the network, and nothing else: it cannot write,
 * start processes or load native code. What it does wrong (it hangs, ends, answers too much or nonsense) is a fault, and so
 * is a system that cannot start it: never an error here.
 *
 * @param signal ends it before its time
 */
export async function runProgram(task: ProgramTask, limits: ProgramLimits, signal?: AbortSignal): Promise<ProgramRun> {
  if (signal?.aborted) return { answer: fault(CALLED_OFF), printed: "" };
  let child: ChildProcess;
  try {
    child = start(limits);
  } catch (error) {
    return { answer: fault(`it cannot be started: ${(error as Error).message}`), printed: "" };
  }
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  let answer = "";
  let refused: ProgramAnswer | undefined;
  child.once("error", (error) => {
    refused ??= fault(`it cannot be started: ${error.message}`);
    resolve("");
  });
  child.once("close", (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  const kill = (message: string) => {
    refused ??= fault(message);
    child.kill("SIGKILL");
  };
  const timer = setTimeout(
    () => kill(`it gave no answer within ${limits.timeoutMs} ms (programs.timeoutMs) and was ended`),
    limits.timeoutMs,
  );
  const callOff = () => kill(CALLED_OFF);
  signal?.addEventListener("abort", callOff);
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  // Without a file descriptor to spare there are no streams, and the error above says so.
  child.stdin?.on("error", () => {}).end(JSON.stringify(task)); // one that ended early is told as such below
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-MAX_PRINTED_CHARACTERS);
    });
  }
  const answers = child.stdio?.[ANSWER_FD] as Readable | undefined;
  answers?.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
    if (answer.length > limits.maxAnswerBytes)
      kill(`its answer exceeds ${limits.maxAnswerBytes} bytes (programs.maxAnswerBytes)`);
  });
  const ended = await closed;
  clearTimeout(timer);
  signal?.removeEventListener("abort", callOff);
  process.off("exit", end);
  return {
    answer: refused ?? readAnswer(answer, task) ?? fault(`it ended (${ended}) without an answer${said(printed)}`),
    printed,
  };
}

const CALLED_OFF = "it was ended: nobody waits for it any more";

function fault(message: string): ProgramAnswer {
  return { kind: "fault", fault: { message }, loaded: [] };
}

function start({ maxHeapBytes, env }: ProgramLimits): ChildProcess {
  return spawn(
    process.execPath,
    [
      ...["--permission", "--allow-fs-read=*", `--max-old-space-size=${Math.ceil(maxHeapBytes / 2 ** 20)}`],
      ...["--disable-warning=ExperimentalWarning", MAIN],
    ],
    {
      env: pick(process.env, ["PATH", "HOME", "TZ", "LANG", ...env]),
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    },
  );
}

/** `undefined`: it is no answer. The program has the file descriptor too, and may write there what it likes. */
function readAnswer(text: string, { ask }: ProgramTask): ProgramAnswer | undefined {
  try {
    const answer = JSON.parse(text) as ProgramAnswer;
    if (!Array.isArray(answer.loaded) || !answer.loaded.every(isLoadedFile)) return undefined;
    if (answer.kind === "fault") return typeof answer.fault.message === "string" ? answer : undefined;
    if (answer.kind === "resources") return !ask && Array.isArray(answer.resources) ? answer : undefined;
    const isWhole = answer.kind === "nodes" && answer.nodes.length === ask?.nodes.length;
    return isWhole && answer.nodes.every(isNodeAnswer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function isLoadedFile({ path, digest, text }: LoadedFile): boolean {
  return [path, digest, text].every((part) => typeof part === "string");
}

function isNodeAnswer(answer: NodeAnswer): boolean {
  return "fault" in answer ? typeof answer.fault.message === "string" : Array.isArray(answer.resources);
}

/** Running out of memory is told at length; the first line that says something is enough. */
function said(printed: string): string {
  const line = printed.split("\n").find((text) => /error|exceed|heap/i.test(text)) ?? printed.trim().split("\n").at(-1);
  return line ? `: ${line.trim()}` : "";
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
