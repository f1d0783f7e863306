import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import type { Fault } from "./fault.ts";
import type { TestResult } from "./test-result.ts";

const folder = join(import.meta.dirname, "..");
/** A run that takes longer hangs, ms. */
const TIMEOUT_MS = 60_000;
/** How long a test with a fault waits for a response that may never come, ms. */
const PATIENCE_MS = 1_500;

/** Tests of the protocol's state machines: their clock is their own. */
const PROTOCOL = ["protocol/transcripts.test.ts"];
/** Tests of the server, over sockets. */
const SERVER = globSync("server/*.test.ts", { cwd: folder }).sort();
/** Those tests of the edge that show S6 in little time. */
const EDGE = [
  "transport/calls-end-with-a-status-in-trailers.test.ts",
  "transport/deadlines-end-calls.test.ts",
  "transport/messages-are-cut-anywhere.test.ts",
  "transport/requests-that-are-no-grpc-get-an-http-answer.test.ts",
];

/** Every test that may catch something. */
export const ALL_TESTS: readonly string[] = [...PROTOCOL, ...SERVER, ...EDGE];

/** A test's file as {@link runSuite} takes it. */
export function inFolder(file: string): string {
  return relative(folder, file);
}

/** The tests that can notice a fault there: what lies beneath the server does not reach the machines above it. */
export function testsFor({ file }: Fault): readonly string[] {
  if (file.startsWith("protocol/") || file === "cache/name-index.ts" || file === "cache/select-variants.ts")
    return PROTOCOL;
  return file.startsWith("server/http2/") || file.startsWith("grpc/") ? [...SERVER, ...EDGE] : SERVER;
}

/**
 * Runs test files in one process of their own, with a fault, by its index, or as they are. What they load is compiled
 * once for all runs that share a folder.
 */
export async function runSuite(
  files: readonly string[],
  compileCache: string,
  faultIndex?: number,
): Promise<TestResult[]> {
  const preload = faultIndex === undefined ? [] : ["--import", join(import.meta.dirname, "load-with-fault.ts")];
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [...preload, join(import.meta.dirname, "run-tests.ts"), ...files.map((file) => join(folder, file))],
    {
      env: {
        ...env,
        NODE_COMPILE_CACHE: compileCache,
        FAIRLEAD_FAULT: `${faultIndex}`,
        ...(preload.length > 0 && { FAIRLEAD_TEST_TIMEOUT_MS: `${PATIENCE_MS}` }),
      },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    },
  );
  const results: TestResult[] = [];
  for await (const line of createInterface(child.stdout)) {
    // A faulty server may write to the output, too.
    if (line.startsWith('{"name":')) results.push(JSON.parse(line));
  }
  return results;
}
