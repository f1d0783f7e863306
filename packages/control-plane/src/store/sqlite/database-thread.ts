import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { FairleadError } from "../../errors.ts";
import type { DatabaseOptions } from "./database.ts";
import type { Answer, Question } from "./protocol.ts";

/** A thread that has the file: what blocks there holds up nothing here. Begun anew with the next question when it ended. */
export interface DatabaseThread {
  /** @throws FairleadError as the file's methods do; `store-unavailable` if the thread ends meanwhile */
  ask(question: Question): Promise<unknown>;
  close(): Promise<void>;
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Memory of the thread's own, MB: it keeps nothing but what it is asked at the moment. */
const MEMORY = { maxYoungGenerationSizeMb: 8 };

/** A thread that starts with the first question. */
export function createDatabaseThread(options: DatabaseOptions): DatabaseThread {
  const asked = new Map<number, Asked>();
  let lastId = 0;
  let worker: Worker | undefined;

  const start = (): Worker => {
    const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(file, { workerData: options, resourceLimits: MEMORY, name: "fairlead-store" });
    let why = "it ended";
    started.on("message", (answer: Answer) => {
      const one = asked.get(answer.id)!;
      asked.delete(answer.id);
      if (asked.size === 0) started.unref();
      if (answer.ok) one.resolve(answer.value);
      else one.reject(new FairleadError(answer.code, answer.message));
    });
    started.on("error", (error) => {
      why = error.message;
    });
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      const message = `the thread that has ${options.path} ended: ${why}; the change may have been made nevertheless`;
      for (const { reject } of asked.values()) reject(new FairleadError("store-unavailable", message));
      asked.clear();
    });
    return started;
  };

  return {
    ask(question) {
      worker ??= start();
      worker.ref(); // its answer is awaited
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const id = ++lastId;
      asked.set(id, { resolve, reject });
      worker.postMessage({ id, question });
      return promise;
    },
    async close() {
      if (!worker) return;
      await this.ask({ kind: "close" });
      await worker?.terminate();
    },
  };
}
