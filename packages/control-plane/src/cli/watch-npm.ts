import { readFileSync } from "node:fs";

/** How often it is looked whether npm is still there, ms. */
const POLL_MS = 1_000;

/**
 * Calls back once when the npm (`npx fairlead …`, `npm start`) that started this process is gone; returns the function
 * that stops it. Without npm it does nothing: a server may well outlive the shell that it was started from.
 *
 * npm runs commands through `sh -c`, and passes signals on to that shell alone, which dies of them without a word to
 * its child: killing `npx fairlead serve` would leave a server behind. When npm itself is killed outright, the shell
 * stays and waits, which only the system's process table tells (Linux).
 */
export function watchNpm(isGone: () => void, env: NodeJS.ProcessEnv = process.env): () => void {
  if (env.npm_command !== "exec" && env.npm_lifecycle_event !== "start") return () => {};
  const parent = process.ppid;
  const grandparent = parentOf(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && parentOf(parent) === grandparent) return;
    clearInterval(timer);
    isGone();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The parent of a process; `undefined` where the system does not say. */
function parentOf(pid: number): number | undefined {
  try {
    // `pid (name) state ppid …`; the name may hold anything.
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
