import { readFileSync } from "node:fs";
import type { Row } from "./rows.ts";

/** Descriptors that a server or a load generator needs beside its connections. */
const SPARE = 200;

/** Why this machine can't run a row; `undefined`: it can. Server and generator have the limit of this process each. */
export function whyNotHere({ streams, streamsPerConnection = 1 }: Row, limit = readLimit()): string | undefined {
  const needed = Math.ceil(streams / streamsPerConnection) + SPARE;
  if (needed <= limit) return undefined;
  return `it takes ${needed.toLocaleString("en")} file descriptors in a process, and this machine allows ${limit.toLocaleString("en")} (ulimit -Hn)`;
}

/** The hard limit: servers and Node raise the soft one to it. */
function readLimit(): number {
  try {
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return hard === undefined || hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
  } catch {
    return Number.POSITIVE_INFINITY; // no /proc: opening them will tell
  }
}
