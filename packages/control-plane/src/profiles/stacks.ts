/** A function, or what stands for one, as a stack names it. */
export interface Frame {
  /** As the code has it; `(anonymous):31` by its line, and in brackets what is no JavaScript: `(idle)`. */
  readonly name: string;
  /** The file from its package's name on (`fastify/lib/reply.js`), `node:…`, or `native`; empty: none. */
  readonly file: string;
  /** Where it begins, from 1; 0: no line. */
  readonly line: number;
}

/** A call: a function, called by that of the parent. */
export interface StackNode {
  readonly frame: Frame;
  /** Index of the caller, always below its own; -1: the root. */
  readonly parent: number;
  /** Samples that ended in this call itself, in none that it made. */
  readonly samples: number;
  /** What they weigh: µs of time, or bytes. */
  readonly amount: number;
  /** How many of the samples by line, where that is known. */
  readonly lines: readonly { readonly line: number; readonly samples: number }[];
}

/** Calls as a tree. Plain data, so that another thread can send its own. */
export interface Stacks {
  readonly nodes: readonly StackNode[];
  /** ms since the epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** What the thread did over a time; amounts are µs of wall-clock time, waiting included. */
export interface CpuStacks extends Stacks {
  readonly intervalUs: number;
  /** CPU time of the thread meanwhile, as the system counts it, µs. */
  readonly threadCpuUs: number;
  /** The same of the whole process, garbage collection's and other helpers' included, µs. */
  readonly processCpuUs: number;
}

/** Who allocated what is in use; amounts are bytes. */
export interface HeapStacks extends Stacks {
  /** Bytes allocated between two samples, on average. */
  readonly intervalBytes: number;
}

/** Name of what stands for waiting: nothing was run. */
export const IDLE = "(idle)";

/**
 * CPU time in each µs of wall-clock time that was not waited: what the system counted, divided as the samples are. Below 1
 * where other processes had the core meanwhile.
 */
export function cpuShare({ nodes, threadCpuUs }: CpuStacks): number {
  const busyUs = nodes.reduce((sum, { frame, amount }) => sum + (frame.name === IDLE ? 0 : amount), 0);
  return busyUs === 0 ? 0 : threadCpuUs / busyUs;
}

/** Makes the tree's frames of V8's, which count lines from 0. */
export function frameOf(
  { functionName, url, lineNumber }: { functionName: string; url: string; lineNumber: number },
  placeOf: (url: string) => string,
): Frame {
  const line = Math.max(0, lineNumber + 1);
  if (functionName.startsWith("(")) return { name: functionName, file: "", line: 0 };
  const name = functionName || (line > 0 ? `(anonymous):${line}` : "(anonymous)");
  return { name, file: url === "" ? "native" : placeOf(url), line };
}
