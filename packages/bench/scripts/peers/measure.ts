import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "../../src/results/result.ts";
import type { Contestant } from "./contestants.ts";
import { onCpu } from "./on-cpu.ts";
import { planOf } from "./plan-of.ts";
import { pauseMetrics } from "./read-pauses.ts";
import type { Row } from "./rows.ts";
import { startContestant } from "./start-contestant.ts";

/** Which CPU a side is bound to; left out: none. */
export interface Cpus {
  readonly server: string;
  readonly generator: string;
}

const fairlead = fileURLToPath(new URL("../../../control-plane/src/cli/main.ts", import.meta.url));

/** No row takes as long. */
const TIMEOUT_MS = 300_000;

/**
 * One run of one contestant in one row: a fresh server, and `fairlead bench run` as a user would start it.
 *
 * @throws Error with what was written, if there is no result
 */
export async function measure(
  contestant: Contestant,
  command: readonly string[],
  row: Row,
  cpus: Cpus | undefined,
): Promise<Result> {
  const scratch = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
  const pausesFile = row.areTimesOfCollection ? join(scratch, "pauses.json") : undefined;
  const server = await startContestant(contestant, command, row, {
    ...(cpus && { cpu: cpus.server }),
    ...(pausesFile !== undefined && { pausesFile }),
  });
  try {
    const plan = join(scratch, "plan.yaml");
    const json = join(scratch, "result.json");
    writeFileSync(plan, JSON.stringify(planOf(contestant, row, server))); // JSON is YAML
    const bench = [process.execPath, fairlead, "bench", "run", plan, "--json", json];
    const written = await run(onCpu(cpus?.generator, bench));
    const result = readResult(json, written);
    if (pausesFile === undefined) return result;
    await server.stop();
    return { ...result, metrics: { ...result.metrics, ...pauseMetrics(pausesFile, result) } };
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readResult(file: string, written: string): Result {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Result;
  } catch {
    throw new Error(`no result; bench wrote: ${written}`);
  }
}

/** The end of what it wrote. Its exit code is in the result's verdict. */
function run([program, ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
    let text = "";
    const keep = (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-2_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", () => resolve(text.trim()));
  });
}
