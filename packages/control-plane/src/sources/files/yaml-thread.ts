import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Located } from "../../validation/position.ts";
import { locateAll, readYaml, type Sought, type YamlText } from "./yaml-text.ts";

/** Characters up to which a text is read at once: some 10 ms. Above, the loop would be held up: 2.5 MB take a second. */
const MAX_INLINE_LENGTH = 32_768;

/** Time after which a thread that has nothing to do ends, ms. */
const IDLE_MS = 10_000;

/** What the worker is asked: to read a text, or to find places in it. */
export interface YamlRequest {
  readonly text: string;
  readonly sought?: readonly Sought[];
}

/** Reads YAML without holding up the event loop: large texts in a thread, which starts when it is needed. */
export interface YamlReader {
  read(text: string): Promise<YamlText>;
  /** Finds places in a YAML or JSON text. */
  locate(text: string, sought: readonly Sought[]): Promise<readonly Located[]>;
  close(): Promise<void>;
}

/** A reader without a thread yet. */
export function createYamlReader(): YamlReader {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const stop = async () => {
    clearTimeout(idle);
    const stopping = worker;
    worker = undefined;
    await stopping?.terminate();
  };

  const ask = async (request: YamlRequest): Promise<unknown> => {
    clearTimeout(idle);
    worker ??= new Worker(new URL(`./yaml-worker${extname(import.meta.url)}`, import.meta.url), {
      name: "fairlead-yaml",
    });
    worker.unref();
    try {
      return await answerOf(worker, request);
    } catch (error) {
      await stop(); // out of memory, say: the next text gets a new one
      throw error;
    } finally {
      idle = setTimeout(() => void stop(), IDLE_MS).unref();
    }
  };

  const inTurn = (request: YamlRequest): Promise<unknown> => {
    const answer = last.then(() => ask(request));
    last = answer.catch(() => {});
    return answer;
  };

  return {
    async read(text) {
      return text.length <= MAX_INLINE_LENGTH ? readYaml(text) : ((await inTurn({ text })) as YamlText);
    },
    async locate(text, sought) {
      if (sought.length === 0) return [];
      if (text.length <= MAX_INLINE_LENGTH) return locateAll(text, sought);
      return (await inTurn({ text, sought })) as Located[];
    },
    async close() {
      await last;
      await stop();
    },
  };
}

function answerOf(worker: Worker, request: YamlRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      worker.unref();
      act();
    };
    const onMessage = (answer: unknown) => settle(() => resolve(answer));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error("the thread that reads YAML ended")));
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.ref(); // the answer is awaited
    worker.postMessage(request);
  });
}
