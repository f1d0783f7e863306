import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { ServerAnswer, ServerRequest } from "./server-process.ts";
import type { StreamsPlan, StreamsReport } from "./streams-process.ts";

/** A server in another process. */
export interface ServerProcess {
  readonly port: number;
  ask(request: ServerRequest): Promise<ServerAnswer>;
  /** Asks for its state until that is as wanted. */
  until(what: string, isSo: (state: ServerAnswer) => boolean): Promise<ServerAnswer>;
}

/** Streams in another process. */
export interface StreamsProcess {
  /** Resolves when every stream has received that content. */
  converged(content: string): Promise<StreamsReport>;
  /** How many streams have received that content by now, and how many responses came at all. */
  count(content: string): Promise<StreamsReport>;
  /** Ends the process, and all streams with it. */
  leave(): Promise<void>;
}

/** How long a condition may take before the test gives up, ms; on a busy machine it is a matter of seconds. */
const PATIENCE_MS = 120_000;

/** Starts a server, which ends with the test. */
export async function startServer(t: TestContext): Promise<ServerProcess> {
  const child = start(t, "server-process.ts", []);
  const [{ port }] = (await once(child, "message")) as [ServerAnswer];
  const ask = async (request: ServerRequest): Promise<ServerAnswer> => {
    child.send(request);
    const [answer] = (await once(child, "message")) as [ServerAnswer];
    return answer;
  };
  return {
    port,
    ask,
    async until(what, isSo) {
      const giveUpAt = Date.now() + PATIENCE_MS;
      for (;;) {
        const state = await ask({ ask: "state" });
        if (isSo(state)) return state;
        assert.ok(Date.now() < giveUpAt, `waited for ${what}; the server says ${JSON.stringify(state)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

/** Starts streams, which end with the test. */
export function startStreams(t: TestContext, plan: StreamsPlan): StreamsProcess {
  const child = start(t, "streams-process.ts", [JSON.stringify(plan)]);
  const reports: StreamsReport[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resume of waiting) resume();
  };
  let isLeaving = false;
  let end: string | undefined;
  child.on("message", (report: StreamsReport) => {
    reports.push(report);
    if (report.failure !== undefined && !isLeaving) end ??= report.failure;
    wake();
  });
  child.on("exit", (code) => {
    if (!isLeaving) end ??= `the streams' process ended with ${code}`;
    wake();
  });
  const next = async (what: string, fits: (report: StreamsReport) => boolean): Promise<StreamsReport> => {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const index = reports.findIndex(fits);
      if (index >= 0) return reports.splice(index, 1)[0]!;
      assert.equal(end, undefined, `while waiting for ${what}`);
      assert.ok(Date.now() < giveUpAt, `waited for ${what}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, PATIENCE_MS);
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
      clearTimeout(timer);
    }
  };
  return {
    converged: (content) =>
      next(`all streams to have ${content}`, (report) => report.content === content && report.streams === plan.streams),
    async count(content) {
      reports.length = 0;
      child.send(content);
      return next("an answer", (report) => report.content === content);
    },
    async leave() {
      isLeaving = true;
      child.disconnect();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function start(t: TestContext, program: string, args: readonly string[]): ChildProcess {
  const child = fork(new URL(program, import.meta.url), args, { execArgv: ["--expose-gc"] });
  t.after(() => void child.kill());
  return child;
}
