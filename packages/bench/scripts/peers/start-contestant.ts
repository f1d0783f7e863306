import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../../../test/support/free-port.ts";
import { certificates } from "./certificates.ts";
import type { Contestant } from "./contestants.ts";
import { onCpu } from "./on-cpu.ts";
import type { Row } from "./rows.ts";

/** A contestant that runs. */
export interface Running {
  readonly pid: number;
  readonly xdsPort: number;
  /** Of the control, or of the admin API. */
  readonly controlPort: number;
  stop(): Promise<void>;
}

/** Where a server of one run is started. */
export interface Site {
  /** The CPU that it is bound to; left out: none. */
  readonly cpu?: string;
  /** Where a server in Node leaves its pauses of garbage collection when it ends (`record-pauses.ts`); left out: nowhere. */
  readonly pausesFile?: string;
}

/** Longer than a JVM takes on a loaded machine. */
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts a server of its own for one run, bound to one CPU.
 *
 * @throws Error with what it wrote, if it isn't ready within a minute
 */
export async function startContestant(
  contestant: Contestant,
  command: readonly string[],
  row: Row,
  { cpu, pausesFile }: Site,
): Promise<Running> {
  const scratch = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
  const fairleadPorts =
    contestant.control === "fairlead" ? { xds: await freePort(), admin: await freePort() } : undefined;
  const args = fairleadPorts
    ? [
        ...["serve", "--xds", `127.0.0.1:${fairleadPorts.xds}`, "--admin", `127.0.0.1:${fairleadPorts.admin}`],
        ...["--data-dir", scratch, ...(row.isTls ? ["--config", writeConfig(scratch)] : [])],
      ]
    : ["--xds-port", "0", "--control-port", "0", ...contestant.args(row), ...(row.isTls ? tlsArgs() : [])];
  const [program, ...rest] = onCpu(cpu, [...command, ...args]);
  const env = pausesFile === undefined ? process.env : { ...process.env, ...recording(pausesFile) };
  const child = spawn(program!, rest, { cwd: scratch, env, stdio: ["pipe", "pipe", "pipe"] });
  const written = keepEnd(child);
  const stop = async () => {
    await end(child);
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    const ready = await firstReady(child, written, fairleadPorts);
    return { ...ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tlsArgs(): readonly string[] {
  const { ca, server } = certificates();
  return ["--tls-cert", server.cert, "--tls-key", server.key, "--tls-ca", ca];
}

/** A configuration that asks for mutual TLS. */
function writeConfig(folder: string): string {
  const { ca, server } = certificates();
  const file = join(folder, "fairlead.yaml");
  writeFileSync(file, JSON.stringify({ xds: { tls: { ...server, clientCa: ca } } })); // JSON is YAML
  return file;
}

function recording(file: string): NodeJS.ProcessEnv {
  const recorder = new URL("record-pauses.ts", import.meta.url).href;
  return { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import=${recorder}`.trim(), FAIRLEAD_BENCH_PAUSES: file };
}

interface Ready {
  readonly pid: number;
  readonly xdsPort: number;
  readonly controlPort: number;
}

function firstReady(
  child: ChildProcess,
  written: () => string,
  fairlead: { readonly xds: number; readonly admin: number } | undefined,
): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${what}; it wrote: ${written() || "nothing"}`));
    const timer = setTimeout(() => fail(`not ready within ${READY_TIMEOUT_MS / 1_000} s`), READY_TIMEOUT_MS);
    child.once("error", (error) => fail(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => fail(`ended with ${signal ?? code} before it was ready`));
    createInterface(child.stdout!).on("line", (line) => {
      const ready = fairlead ? readFairlead(line, child.pid!, fairlead) : readPeer(line);
      if (!ready) return;
      clearTimeout(timer);
      resolve(ready);
    });
  });
}

/** `{"xds":PORT,"control":PORT,"pid":PID}`, the one line that a peer writes. `taskset` becomes the program, so the pid is the child's. */
function readPeer(line: string): Ready | undefined {
  try {
    const { xds, control, pid } = JSON.parse(line) as Record<string, unknown>;
    if (typeof xds !== "number" || typeof control !== "number" || typeof pid !== "number") return undefined;
    return { pid, xdsPort: xds, controlPort: control };
  } catch {
    return undefined;
  }
}

/** Its log says when it is ready. */
function readFairlead(line: string, pid: number, ports: { xds: number; admin: number }): Ready | undefined {
  return line.includes('"msg":"ready"') ? { pid, xdsPort: ports.xds, controlPort: ports.admin } : undefined;
}

/** The last that a process wrote to its standard error. */
function keepEnd(child: ChildProcess): () => string {
  let text = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-2_000);
  });
  return () => text.trim();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
