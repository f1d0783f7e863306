// Runs one program, a resource file in TypeScript, in a process of its own: started by ../run-program.ts.
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { ANSWER_FD, type ProgramTask } from "../messages.ts";
import { answerTask } from "./answer-task.ts";
import { hookModules } from "./hooks.ts";

const answers = new Socket({ fd: ANSWER_FD, readable: false, writable: true });
const task = JSON.parse(readFileSync(0, "utf8")) as ProgramTask;
const loaded = hookModules(task.ask?.sources ?? []);
const answer = await answerTask(task, loaded);
// Timers and sockets that the program left behind do not keep it.
answers.end(JSON.stringify(answer), () => process.exit(0));
