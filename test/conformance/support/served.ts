import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_TIMINGS, type Timings } from "../../../packages/control-plane/src/conformance/options.ts";
import { type Child, startChild, waitForLog } from "../../support/child.ts";

const MAIN = fileURLToPath(new URL("../../../packages/control-plane/src/cli/main.ts", import.meta.url));
const LOAD_WITH_FAULT = fileURLToPath(new URL("../../../packages/xds/test/faults/load-with-fault.ts", import.meta.url));

/** Shorter than Fairlead's own, so that what only time brings comes soon; long enough for a machine that is busy. */
export const TIMINGS: Timings = {
  ...DEFAULT_TIMINGS,
  silenceMs: 2_000,
  removalLingerMs: 1_000,
  listenerDrainMs: 4_000,
  warmGraceMs: 1_000,
  deadlineMs: 8_000,
  returnDeadlineMs: 8_000,
};

/** The longest wait for one of a dozen servers that start at a time, ms. */
const START_MS = 120_000;

/** A running `fairlead serve`. */
export interface Served {
  readonly target: string;
  readonly adminUrl: string;
  readonly child: Child;
}

/** How to serve. */
export interface ServeOptions {
  /** Holds configuration and log. */
  readonly folder: string;
  /** Index of a seeded fault to load it with. */
  readonly fault?: number;
  /** Folder in which what is compiled is shared between servers. */
  readonly compileCache?: string;
}

/** Of this process: the log of a server must not be taken for that of one before. */
let starts = 0;

/** Starts `fairlead serve` without resources, with {@link TIMINGS}, and waits until it listens. */
export async function serve({ folder, fault, compileCache }: ServeOptions): Promise<Served> {
  const name = `fairlead-${fault ?? "sound"}-${++starts}`;
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    // Hundreds of servers are started: a thread more of each would be minutes.
    JSON.stringify({ xds: { timings: TIMINGS, workers: 0 }, log: { level: "info", format: "json" }, drainMs: 0 }),
  );
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const env = {
    ...own,
    ...(fault !== undefined && { FAIRLEAD_FAULT: `${fault}` }),
    ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }),
  };
  const preload = fault === undefined ? [] : ["--import", LOAD_WITH_FAULT];
  const addresses = ["--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
  const args = [...preload, MAIN, "serve", "--config", config, "--no-data-dir", ...addresses];
  const child = startChild(process.execPath, args, join(folder, `${name}.log`), { env });
  try {
    const { xds, admin } = await waitForLog(child, "fairlead listens", readAddresses, { timeoutMs: START_MS });
    return { target: xds, adminUrl: admin, child };
  } catch (error) {
    await child.stop("SIGKILL"); // else the test would wait for it
    throw error;
  }
}

function readAddresses(log: string): { xds: string; admin: string } | undefined {
  const line = log.split("\n").find((text) => text.includes('"msg":"listening"') && text.endsWith("}"));
  return line === undefined ? undefined : (JSON.parse(line) as { xds: string; admin: string });
}
