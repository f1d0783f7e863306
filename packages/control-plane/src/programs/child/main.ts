// Runs one program, a resource file in TypeScript, in a process of its own: started by ../run-program.ts.
import { Socket } from "node:net";
import { ANSWER_FD, type ProgramTask } from "../messages.ts";
import { hookModules } from "./hooks.ts";
import { readFile } from "./read-file.ts";

const answers = new Socket({ fd: ANSWER_FD, readable: false, writable: true });
const loaded = hookModules();
const task = JSON.parse(process.argv[2]!) as ProgramTask;
const answer = await readFile(task, loaded);
// Timers and sockets that the program left behind do not keep it.
answers.end(JSON.stringify(answer), () => process.exit(0));
