import { parentPort, workerData } from "node:worker_threads";
import { FairleadError } from "../../errors.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import type { Answer, Question, Request } from "./protocol.ts";
import { toSqliteFault } from "./sqlite-fault.ts";

const options = workerData as DatabaseOptions;
let database: Database | undefined;

/** Open again after a failure: only the file says what became of what was being written. */
function opened(): Database {
  database ??= openDatabase(options);
  return database;
}

function answerTo(question: Question): unknown {
  switch (question.kind) {
    case "open":
      return opened().lastRevision;
    case "append":
      return opened().append(question.records, question.after);
    case "records":
      return opened().records(question.range);
    case "checkpoint":
      return opened().checkpoint(question.revision);
    case "checkpoint-part":
      return opened().addCheckpointPart(question.revision, question.part, question.bytes);
    case "checkpoint-complete":
      return opened().completeCheckpoint(question.revision);
    case "close":
      database?.close();
      database = undefined;
      return undefined;
  }
}

function leave(): void {
  const broken = database;
  database = undefined;
  try {
    broken?.close();
  } catch {
    // it is given up
  }
}

parentPort!.on("message", ({ id, question }: Request) => {
  let answer: Answer;
  try {
    answer = { id, ok: true, value: answerTo(question) };
  } catch (thrown) {
    const error = toSqliteFault(thrown, options.path, question.kind === "open" ? "open" : "use");
    if (!(error instanceof FairleadError)) throw error;
    if (error.code === "store-unavailable") leave();
    answer = { id, ok: false, code: error.code, message: error.message };
  }
  parentPort!.postMessage(answer);
});
