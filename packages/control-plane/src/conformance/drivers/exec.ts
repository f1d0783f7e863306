import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { FairleadError } from "../../errors.ts";
import { Unsupported } from "../mismatch.ts";
import type { Driver } from "./driver.ts";

/** A change that takes longer was lost. */
const TIMEOUT_MS = 30_000;
/** The beginning of a line that is told, characters. */
const MAX_QUOTED = 300;

/** The answer to one line. */
interface Answer {
  readonly id: number;
  /** Left out: done. */
  readonly error?: string;
  /** The server has no such thing; not a failure. */
  readonly unsupported?: string;
}

interface Waiting {
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Sets the state through a program that runs as long as the suite does. A change is a line of JSON on its standard input,
 * `{"id":1,"set":{node,version,resources}}` or `{"id":2,"forget":{node}}`; it answers each, in any order, by a line
 * `{"id":1}` on its standard output once the server has taken it, else with `"error"` or `"unsupported"`, a text.
 * Its standard error goes to ours. It is to end when its standard input does.
 */
export function execDriver(command: string): Driver {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, Waiting>();
  let ended: string | undefined;
  let nextId = 1;

  const stop = (reason: string) => {
    ended ??= reason;
    for (const { fail } of waiting.values()) fail(failed(ended));
    waiting.clear();
  };
  const failed = (reason: string) => new FairleadError("driver-failed", `the program \`${command}\` ${reason}`);
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

  const ask = async (what: object): Promise<void> => {
    if (ended !== undefined) throw failed(ended);
    const id = nextId++;
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => fail(failed(`did not answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    waiting.set(id, { settle, fail });
    child.stdin.write(`${JSON.stringify({ id, ...what })}\n`);
    try {
      const { error, unsupported } = await promise;
      if (unsupported !== undefined) throw new Unsupported(`the driver can't set that: ${unsupported}`);
      if (error !== undefined) throw failed(`answered with an error: ${error.slice(0, MAX_QUOTED)}`);
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  };
  return {
    title: `exec: ${command}`,
    set: (state) => ask({ set: state }),
    async forget(node) {
      try {
        await ask({ forget: { node } });
        return true;
      } catch (error) {
        if (error instanceof Unsupported) return false;
        throw error;
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

function readAnswer(line: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    const isAnswer = typeof answer === "object" && answer !== null && "id" in answer && typeof answer.id === "number";
    return isAnswer ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}
