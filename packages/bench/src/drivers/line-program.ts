import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A change that takes longer was lost. */
const TIMEOUT_MS = 30_000;
/** The beginning of a line that is told, characters. */
const MAX_QUOTED = 300;

/** What the program said to one line. Neither member: done. */
export interface LineAnswer {
  readonly id: number;
  readonly error?: string;
  /** It has no such thing; not a failure. */
  readonly unsupported?: string;
}

/** A program that answers lines. */
export interface LineProgram {
  /**
   * Writes `{"id":1,…}` with these members, as JSON text, and resolves to what is answered.
   *
   * @throws what `fail` makes of a reason: it ended, did not answer in time, answered with an error
   */
  ask(members: string): Promise<LineAnswer>;
  /** Ends its standard input, and it with that; kills it when it does not follow. */
  close(): Promise<void>;
}

interface Waiting {
  readonly settle: (answer: LineAnswer) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Runs a program by the shell and asks it by lines of JSON on its standard input, each with an `id`; it answers each, in any order, by a
 * line `{"id":1}` on its standard output, else with `"error"` or `"unsupported"`, a text. Its standard error goes to ours.
 *
 * @param fail makes the error that tells what the program did.
 */
export function startLineProgram(command: string, fail: (message: string) => Error): LineProgram {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, Waiting>();
  let ended: string | undefined;
  let nextId = 1;

  const failed = (reason: string) => fail(`the program \`${command}\` ${reason}`);
  const stop = (reason: string) => {
    ended ??= reason;
    for (const one of waiting.values()) one.fail(failed(ended));
    waiting.clear();
  };
  const closed = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      stop(`ended with ${signal ?? code}: it must run until its standard input ends`);
      resolve();
    });
  });
  child.once("error", (error) => stop(`could not be started: ${error.message}`));
  child.stdin.on("error", () => {}); // 'close' follows and tells
  createInterface(child.stdout).on("line", (line) => {
    const answer = readAnswer(line);
    const one = answer && waiting.get(answer.id);
    if (!answer || !one)
      return stop(`wrote ${JSON.stringify(line.slice(0, MAX_QUOTED))}, which answers nothing: expected {"id":…}`);
    waiting.delete(answer.id);
    one.settle(answer);
  });

  return {
    async ask(members) {
      if (ended !== undefined) throw failed(ended);
      const id = nextId++;
      const { promise, resolve: settle, reject } = Promise.withResolvers<LineAnswer>();
      const timer = setTimeout(() => reject(failed(`did not answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
      waiting.set(id, { settle, fail: reject });
      child.stdin.write(`{"id":${id},${members}}\n`);
      try {
        const answer = await promise;
        if (answer.error !== undefined) throw failed(`answered with an error: ${answer.error.slice(0, MAX_QUOTED)}`);
        return answer;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

function readAnswer(line: string): LineAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    const isAnswer = typeof answer === "object" && answer !== null && "id" in answer && typeof answer.id === "number";
    return isAnswer ? (answer as LineAnswer) : undefined;
  } catch {
    return undefined;
  }
}
