/**
 * A relay under load: `node packages/bench/scripts/relay.ts [STREAMS] [fairlead|go]` (default 1,000, both). In front of another
 * Fairlead, then of go-control-plane: one relay, STREAMS clients of `fairlead bench`, one stream upstream; the upstream is stopped and
 * started under them. Prints a line for each step, and ends with 1 if one of them is not as it should be.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../test/support/free-port.ts";
import { waitFor } from "../../../test/support/wait-for.ts";
import { build } from "./peers/build-go.ts";

const MAIN = fileURLToPath(new URL("../../control-plane/src/cli/main.ts", import.meta.url));
const STREAMS = Number(process.argv[2] ?? 1_000);
const ONLY = process.argv[3];
const RESOURCES = 10;
/** Counts of a result that must be 0. */
const WRONG = ["lost", "reordered", "ended", "reconnected", "failedChanges", "failedSyncs"];
/** How long the streams are held while the upstream goes and comes. */
const HOLD_S = 16;
const folder = mkdtempSync(join(tmpdir(), "fairlead-relay-"));
const children = new Set<ChildProcess>();
let failures = 0;

/** A server that the relay asks; it can be ended and started again where it was. */
interface Origin {
  readonly name: string;
  readonly xdsPort: number;
  /** Flags of `fairlead bench` by which it is changed. */
  readonly driver: readonly string[];
  readonly command: readonly string[];
}

function start([program, ...args]: readonly string[], name: string): ChildProcess {
  const child = spawn(program!, args, { cwd: folder, stdio: ["pipe", "ignore", "inherit"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.once("error", (error) => console.error(`${name}: ${error.message}`));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL"); // as a machine that is gone
  await ended;
}

function check(what: string, holds: boolean): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) failures++;
}

/** Established connections to a port of this machine. While others come and go, the list has some of them twice. */
function connectionsTo(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const connection = new RegExp(`^ *\\d+: ([0-9A-F]+:[0-9A-F]+) [0-9A-F]+:${hex} 01 `);
  return new Set(lines.flatMap((line) => connection.exec(line)?.[1] ?? [])).size;
}

/** What this reads of a result. */
interface BenchResult {
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly verdict?: { readonly kind: string; readonly reasons?: readonly string[] };
  readonly counts?: Readonly<Record<string, number>>;
}

interface BenchRun {
  readonly code: number;
  readonly result: BenchResult;
}

async function bench(args: readonly string[]): Promise<BenchRun> {
  const json = join(folder, "result.json");
  rmSync(json, { force: true });
  const child = start([process.execPath, MAIN, "bench", "run", ...args, "--quiet", "--json", json], "bench");
  const [code] = (await once(child, "exit")) as [number];
  let result: BenchResult = {};
  try {
    result = JSON.parse(readFileSync(json, "utf8")) as BenchResult;
  } catch {
    // It said why.
  }
  return { code, result };
}

async function fairlead(config: object, xdsPort: number, adminPort: number): Promise<readonly string[]> {
  const file = join(folder, `${xdsPort}.yaml`);
  writeFileSync(file, JSON.stringify({ log: { level: "error" }, drainMs: 0, ...config }));
  const ports = ["--xds", `127.0.0.1:${xdsPort}`, "--admin", `127.0.0.1:${adminPort}`];
  return [process.execPath, MAIN, "serve", "--config", file, ...ports, "--data-dir", join(folder, String(xdsPort))];
}

async function isReady(admin: string): Promise<boolean> {
  return (await fetch(`${admin}/readyz`)).ok;
}

async function sourceOf(admin: string): Promise<{ error?: string; since?: string }> {
  const { sources } = (await (await fetch(`${admin}/readyz`)).json()) as {
    sources: { error?: string; since?: string }[];
  };
  return sources[0]!;
}

async function metric(admin: string, name: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (.*)$`, "m").exec(text)?.[1]);
}

async function tryRelay(origin: Origin): Promise<void> {
  console.log(`\n# ${origin.name}: ${STREAMS} streams, ${RESOURCES} clusters of 1 KB`);
  const [xdsPort, adminPort] = [await freePort(), await freePort()];
  const admin = `http://127.0.0.1:${adminPort}`;
  let upstream = start(origin.command, origin.name);
  await waitFor("the origin", () => connectable(origin.xdsPort));
  const source = {
    name: "origin",
    xds: { addresses: [`127.0.0.1:${origin.xdsPort}`], startMs: 1_000, maxRetryMs: 1_000 },
  };
  const relay = start(await fairlead({ sources: [source] }, xdsPort, adminPort), "relay");
  await waitFor("the relay", () => isReady(admin));

  const load = ["--target", `127.0.0.1:${xdsPort}`, "--streams", String(STREAMS), "--protocol", "ads-delta"];
  const workload = ["--type", "clusters", "--resources", String(RESOURCES), "--pid", String(relay.pid)];
  const steady = [...load, ...workload, ...origin.driver, "--rate", "5/s", "--warmup", "2s", "--duration", "10s"];
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, connectionsTo(origin.xdsPort));
  }, 100);
  const first = await bench(steady);
  clearInterval(watch);
  check(`steady through the relay: exit code ${first.code}; ${figures(first.result)}`, isRight(first));
  check(`connections to the upstream meanwhile: ${most} at most`, most === 1);

  const plan = join(folder, "hold.json");
  writeFileSync(
    plan,
    JSON.stringify({
      target: { address: `127.0.0.1:${xdsPort}` },
      scenario: { kind: "connect", hold: `${HOLD_S}s` },
    }),
  );
  const opened = await metric(admin, "fairlead_xds_streams_opened_total");
  const holding = bench([plan, ...load, "--type", "clusters", "--resources", String(RESOURCES)]);
  await waitFor("the streams", async () => (await metric(admin, "fairlead_xds_streams")) >= STREAMS);
  const pushes = await pushesOf(admin);
  await stop(upstream);
  const gone = await waitFor("the relay notices", async () => {
    const state = await sourceOf(admin);
    return state.error === undefined ? undefined : state;
  });
  console.log(`     upstream killed; /readyz says: ${gone.error} (since ${gone.since})`);
  check("ready all the same", await isReady(admin));
  check(
    `fairlead_source_up is ${await metric(admin, "fairlead_source_up")}`,
    (await metric(admin, "fairlead_source_up")) === 0,
  );
  await sleep(2_000);
  upstream = start(origin.command, origin.name);
  await waitFor("the origin", () => connectable(origin.xdsPort));
  await waitFor("the relay is back", async () => (await sourceOf(admin)).error === undefined);
  const held = await metric(admin, "fairlead_xds_streams");
  const more = (await pushesOf(admin)) - pushes;
  check(`upstream started again: ${held} streams are open, ${more} pushes were made meanwhile`, held >= STREAMS);
  const after = await holding;
  const reopened = (await metric(admin, "fairlead_xds_streams_opened_total")) - opened;
  check(
    `streams opened meanwhile: ${reopened}; the bench ended with ${after.code}`,
    reopened === STREAMS && isRight(after),
  );

  const last = await bench(steady);
  check(`steady again: exit code ${last.code}; ${figures(last.result)}`, isRight(last));
  check(`connections to the upstream: ${connectionsTo(origin.xdsPort)}`, connectionsTo(origin.xdsPort) === 1);
  await stop(relay);
  await stop(upstream);
}

async function pushesOf(admin: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return [...text.matchAll(/^fairlead_xds_pushes_total\{[^}]*\} (.*)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

/** What a run measured, and why it is no measurement where it is none: on a machine that others use, say. */
function figures({ metrics = {}, verdict, counts }: BenchResult): string {
  const times = ["p50", "p99", "sync_p99"].map((name) => `${name} ${round(metrics[name])} ms`);
  const seen = ["pushes", "acks", ...WRONG].map((name) => `${name} ${counts?.[name]}`);
  const why = verdict?.kind === "invalid" ? ` (no measurement of time: ${verdict.reasons?.join("; ")})` : "";
  return [...times, ...seen].join(", ") + why;
}

function round(value: unknown): string {
  return typeof value === "number" ? String(Math.round(value * 10) / 10) : String(value);
}

/** Nothing was wrong, whether or not the load tester had the time to measure well. */
function isRight({ code, result }: BenchRun): boolean {
  return code === 0 || (result.verdict?.kind === "invalid" && WRONG.every((name) => result.counts?.[name] === 0));
}

async function connectable(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const [fairleadXds, fairleadAdmin] = [await freePort(), await freePort()];
if (ONLY !== "go") {
  await tryRelay({
    name: "another Fairlead",
    xdsPort: fairleadXds,
    driver: ["--driver", "fairlead", "--admin", `http://127.0.0.1:${fairleadAdmin}`],
    command: await fairlead({}, fairleadXds, fairleadAdmin),
  });
}
const go = ONLY === "fairlead" ? undefined : await build();
if (go?.kind === "left-out") console.log(`\n# go-control-plane is left out: ${go.reason}`);
else if (go) {
  const [xds, control] = [await freePort(), await freePort()];
  const ports = ["--xds-port", String(xds), "--control-port", String(control)];
  await tryRelay({
    name: `go-control-plane (${go.version})`,
    xdsPort: xds,
    driver: [
      "--driver",
      "http",
      "--http-change",
      `POST http://127.0.0.1:${control}/change?sequence={sequence}&resource={indices}`,
    ],
    command: [...go.command, "--type", "clusters", "--resources", String(RESOURCES), ...ports],
  });
}
console.log(failures === 0 ? "\nall as it should be" : `\n${failures} steps FAILED`);
process.exit(failures === 0 ? 0 : 1);
