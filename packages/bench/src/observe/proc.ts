import { readdirSync, readFileSync } from "node:fs";
import { BenchError } from "../errors.ts";
import { nowMs } from "../run/clock.ts";
import type { Observer, ServerSample } from "./observer.ts";

/** /proc counts CPU time in hundredths of a second on every architecture (USER_HZ). */
const MS_PER_TICK = 10;
const BYTES_PER_KIB = 1_024;
/** Descendants that are added up; a server with more is measured without them. */
const MAX_PROCESSES = 1_000;

/**
 * Watches a process and its descendants: CPU time (also of children that have ended), resident memory, threads. Memory that
 * processes share is counted in each of them.
 *
 * @throws BenchError `bad-plan` when there is no such process, or no /proc
 */
export function observeProcess(pid: number): Observer {
  if (process.platform !== "linux") {
    throw new BenchError(
      "bad-plan",
      `server.pid: the figures of a process come from /proc, which ${process.platform} does not have: use server.prometheus`,
    );
  }
  let fault: string | undefined;
  const take = (): ServerSample | null => {
    try {
      fault = undefined;
      return sampleTree(pid);
    } catch (error) {
      fault = `process ${pid} can't be observed: ${error instanceof Error ? error.message : String(error)}`;
      return null;
    }
  };
  if (take() === null) {
    throw new BenchError("bad-plan", `server.pid: there is no process ${pid}: is the server up, and is this its id?`);
  }
  return {
    source: "proc",
    sample: async () => take(),
    get fault() {
      return fault;
    },
  };
}

function sampleTree(root: number): ServerSample {
  const atMs = nowMs();
  let { cpuMs, rssBytes, threads } = sampleProcess(root);
  const pids = [...childrenOf(root)];
  for (const pid of pids) {
    try {
      const child = sampleProcess(pid);
      cpuMs += child.cpuMs;
      rssBytes += child.rssBytes;
      threads += child.threads;
      pids.push(...childrenOf(pid).slice(0, MAX_PROCESSES - pids.length));
    } catch {
      // Ended since it was listed: its CPU time is in its parent's, from the next look on.
    }
  }
  return { atMs, cpuMs, rssBytes, threads };
}

function sampleProcess(pid: number): { cpuMs: number; rssBytes: number; threads: number } {
  // The name, in parentheses, may hold spaces and parentheses; the fields after it are numbered from 3 (proc(5)).
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, ticks] = [fields[0], fields.slice(11, 15)];
  if (state === "Z" || state === "X") throw new Error("it has ended");
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return {
    cpuMs: ticks.reduce((sum, field) => sum + Number(field), 0) * MS_PER_TICK,
    rssBytes: statusField(status, "VmRSS") * BYTES_PER_KIB,
    threads: statusField(status, "Threads"),
  };
}

function statusField(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}

/** A child belongs to the thread that made it. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1");
      return children.split(" ").filter(Boolean).map(Number);
    } catch {
      return []; // The thread is gone, or the kernel was built without this file.
    }
  });
}
