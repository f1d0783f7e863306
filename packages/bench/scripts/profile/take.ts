import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Contestant } from "../peers/contestants.ts";
import type { Cpus } from "../peers/measure.ts";
import { onCpu } from "../peers/on-cpu.ts";
import { planOf } from "../peers/plan-of.ts";
import type { Row } from "../peers/rows.ts";
import { type Running, startContestant } from "../peers/start-contestant.ts";
import { type Shares, sharesOf } from "./categories.ts";
import { readOwnTimes } from "./read-pprof.ts";

/** What a server did while it was under load. */
export interface Profiled {
  readonly shares: Shares;
  readonly cpuUsPerPush: number;
  /** In pprof's format, gzipped. */
  readonly profile: Uint8Array;
}

const bench = fileURLToPath(new URL("../../../control-plane/src/cli/main.ts", import.meta.url));

/** Recorded for so long, s, once streams are there and functions are compiled. */
const SECONDS = 5;
const WARM_UP_MS = 3_000;
/** The load goes on for so long, so that it is there while the profile begins, is recorded and read. */
const LOAD = "16s";
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 200;
const MS_PER_TICK = 10;

/**
 * Starts a server and puts a row's load on it; asks its admin API for a profile meanwhile, as anybody would.
 *
 * @throws Error if the server or the load ends early
 */
export async function takeProfile(
  contestant: Contestant,
  command: readonly string[],
  row: Row,
  cpus: Cpus | undefined,
): Promise<Profiled> {
  const scratch = mkdtempSync(join(tmpdir(), "fairlead-profile-"));
  const longer: Row = { ...row, scenario: { ...row.scenario, warmup: "1s", duration: LOAD } };
  const server = await startContestant(contestant, command, longer, cpus ? { cpu: cpus.server } : {});
  let load: ChildProcess | undefined;
  try {
    const plan = join(scratch, "plan.yaml");
    writeFileSync(plan, JSON.stringify(planOf(contestant, longer, server))); // JSON is YAML
    const run = [process.execPath, bench, "bench", "run", plan, "--quiet"];
    const [program, ...args] = onCpu(cpus?.generator, run);
    load = spawn(program!, args, { stdio: "ignore" });
    await untilStreams(server, row.streams, load);
    await setTimeout(WARM_UP_MS);
    return await record(server);
  } finally {
    if (load && load.exitCode === null) {
      const ended = new Promise((resolve) => load!.once("exit", resolve));
      load.kill("SIGTERM");
      await ended;
    }
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function record({ controlPort, pid }: Running): Promise<Profiled> {
  const url = `http://127.0.0.1:${controlPort}`;
  const [before, ticks] = [await countPushes(url), ticksOf(pid)];
  const response = await fetch(`${url}/debug/pprof/profile?seconds=${SECONDS}`);
  if (!response.ok) throw new Error(`no profile: ${response.status} ${await response.text()}`);
  const profile = new Uint8Array(await response.arrayBuffer());
  const [after, ticksAfter] = [await countPushes(url), ticksOf(pid)];
  const user = ticksAfter.user - ticks.user;
  const kernel = ticksAfter.kernel - ticks.kernel;
  return {
    shares: sharesOf(readOwnTimes(profile), kernel / (user + kernel)),
    cpuUsPerPush: ((user + kernel) * MS_PER_TICK * 1_000) / (after - before),
    profile,
  };
}

async function untilStreams({ controlPort }: Running, streams: number, load: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while ((await metric(`http://127.0.0.1:${controlPort}`, "fairlead_xds_streams")) < streams) {
    if (load.exitCode !== null) throw new Error("the load ended before it was there");
    if (Date.now() > deadline) throw new Error(`not all of ${streams} streams came within a minute`);
    await setTimeout(POLL_MS);
  }
}

const countPushes = (url: string) => metric(url, "fairlead_xds_pushes_total");

/** Summed over its labels. */
async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

function ticksOf(pid: number): { readonly user: number; readonly kernel: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { user: Number(fields[11]), kernel: Number(fields[12]) };
}
