import { readFileSync } from "node:fs";
import { BenchError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { generatorsOf } from "./split.ts";

/** Descriptors that a generator process needs beside its connections. */
const SPARE_DESCRIPTORS = 64;

/**
 * Says before a run whether each generator process may open its connections.
 * @param limit the descriptors that a process may have (`ulimit -n`); default: this process's limit
 * @throws BenchError `generator-failed`, with the mend
 */
export function checkDescriptors(plan: Plan, limit = readLimit()): void {
  const generators = generatorsOf(plan);
  const connections = Math.ceil(Math.ceil(plan.streams / plan.streamsPerConnection) / generators);
  const needed = connections + SPARE_DESCRIPTORS;
  if (needed <= limit) return;
  const room = Math.max(1, limit - SPARE_DESCRIPTORS);
  const more = Math.ceil((connections * generators) / room);
  throw new BenchError(
    "generator-failed",
    `${connections} connections in a generator process need ${needed} file descriptors, and a process may have ${limit}: ` +
      `raise the limit (ulimit -n ${needed}), ask for ${more} generators, or let more streams share a connection ` +
      `(streamsPerConnection ${Math.ceil(plan.streams / generators / room)})`,
  );
}

/** Node raises its soft limit to the hard one when it starts, and so will the generators. */
function readLimit(): number {
  try {
    const line = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return line?.[1] === undefined || line[1] === "unlimited" ? Number.POSITIVE_INFINITY : Number(line[1]);
  } catch {
    return Number.POSITIVE_INFINITY; // no /proc: opening them will tell
  }
}
