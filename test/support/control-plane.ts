import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild, waitForLog } from "./child.ts";
import { freePort } from "./free-port.ts";
import type { Resource } from "./resources.ts";
import { requireTool } from "./tools.ts";
import { waitFor } from "./wait-for.ts";

/** An xDS server under test. A group is what nodes whose `cluster` has that name get. */
export interface ControlPlane {
  readonly xdsPort: number;
  readonly logPath: string;
  /** Replaces a group's resources; returns once the server has taken them, not once a proxy has them. */
  put(group: string, resources: readonly Resource[]): Promise<void>;
  stop(): Promise<void>;
}

/** A running `fairlead serve`. */
export interface Fairlead extends ControlPlane {
  readonly adminUrl: string;
  /** Replaces a group's file in the served folder, atomically. What the files hold survives a restart. */
  write(group: string, resources: readonly Resource[]): void;
  /** `GET` on the admin API. */
  get(path: string): Promise<unknown>;
  /** Sends the process a signal that does not end it. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the process by `signal` and starts it anew on the same ports and folder. */
  restart(signal: NodeJS.Signals): Promise<void>;
}

/** How to serve. */
export interface FairleadOptions {
  /** Folder for the served files, configuration and log. */
  readonly folder: string;
  /** `false` switches make before break off, so that requests get lost. Default `true`. */
  readonly makeBeforeBreak?: boolean;
  /** Default `all`. */
  readonly virtualHosts?: "all" | "on-demand";
  /** A schema to serve by: a descriptor set, or Envoy itself. Default: the built-in one. */
  readonly schema?: string;
  /** Worker threads. Default: by the cores. */
  readonly workers?: number;
  /** A module that every thread of the server loads first. */
  readonly preload?: string;
  /** The configuration's `xds.services`. */
  readonly services?: object;
  /** Serves xDS over TLS by these, PEM; with `clientCa`, clients must show a certificate. Default: plaintext. */
  readonly tls?: XdsTls | undefined;
}

/** Certificates in PEM. */
export interface XdsTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

const MAIN = fileURLToPath(new URL("../../packages/control-plane/src/cli/main.ts", import.meta.url));

/** Starts `fairlead serve` on an empty folder and waits until it is ready. */
export async function startFairlead(options: FairleadOptions): Promise<Fairlead> {
  const { folder, makeBeforeBreak = true, virtualHosts = "all", schema, services, workers, preload } = options;
  const tls = options.tls && writeTls(folder, options.tls);
  const resources = join(folder, "resources");
  mkdirSync(resources, { recursive: true });
  const config = join(folder, "fairlead.yaml");
  writeFileSync(
    config,
    JSON.stringify({
      xds: { makeBeforeBreak, virtualHosts, services, tls, workers },
      schema,
      log: { level: "debug", format: "json" },
      drainMs: 1_000,
    }),
  );
  // Fixed ports, so that a restarted server is found where it was.
  const [xdsPort, adminPort] = [await freePort(), await freePort()];
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const start = async () => {
    const addresses = ["--xds", `127.0.0.1:${xdsPort}`, "--admin", `127.0.0.1:${adminPort}`];
    const loader = preload === undefined ? [] : ["--import", preload];
    const args = [
      ...loader,
      MAIN,
      "serve",
      resources,
      "--config",
      config,
      "--data-dir",
      join(folder, "data"),
      ...addresses,
    ];
    const child = startChild(process.execPath, args, join(folder, "fairlead.log"));
    await untilReady(child, adminUrl);
    return child;
  };
  let child = await start();
  return {
    xdsPort,
    adminUrl,
    logPath: child.logPath,
    put: (group, resources_) => putResources(adminUrl, group, resources_),
    write: (group, resources_) => writeGroup(join(resources, group), resources_),
    get: async (path) => await (await fetch(adminUrl + path)).json(),
    stop: () => child.stop(),
    signal: (signal) => void child.process.kill(signal),
    restart: async (signal) => {
      await child.stop(signal);
      child = await start();
    },
  };
}

/** Starts the naive server of `test/peers/go-control-plane`, which loses requests. */
export async function startGoControlPlane(folder: string): Promise<ControlPlane> {
  const tool = requireTool("go-control-plane");
  if ("skip" in tool) throw new Error(tool.skip);
  const child = startChild(tool.path, [], join(folder, "go-control-plane.log"));
  const { xds, admin } = await waitForLog(child, "go-control-plane listens", (log) => {
    const line = log.split("\n").find((text) => text.includes('"listening"'));
    return line === undefined ? undefined : (JSON.parse(line) as { xds: string; admin: string });
  });
  return {
    xdsPort: Number(xds.split(":").at(-1)),
    logPath: child.logPath,
    put: (group, resources) => putResources(`http://${admin}`, group, resources),
    stop: () => child.stop(),
  };
}

async function untilReady(child: Child, adminUrl: string): Promise<void> {
  await waitFor(
    () => `fairlead to be ready; its log: ${child.logPath}`,
    async () => {
      if (child.process.exitCode !== null) return "ended";
      return (await fetch(`${adminUrl}/readyz`)).ok && "ready";
    },
  ).then(async (state) => {
    if (state === "ended") await waitForLog(child, "fairlead was ready", () => undefined);
  });
}

/** Replaces by the admin API what it manages of a group. @throws unless it was taken */
export async function putResources(adminUrl: string, group: string, resources: readonly Resource[]): Promise<void> {
  const response = await fetch(`${adminUrl}/v1/groups/${group}/resources`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resources }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`PUT of ${group} was answered ${response.status}: ${text}`);
}

/** The configuration's `xds.tls`: files beside it. */
function writeTls(folder: string, tls: XdsTls): object {
  const entries = Object.entries(tls).map(([name, pem]: [string, string]) => {
    const file = `${name}.pem`;
    writeFileSync(join(folder, file), pem);
    return [name, file] as const;
  });
  return Object.fromEntries(entries);
}

function writeGroup(folder: string, resources: readonly Resource[]): void {
  if (!existsSync(folder)) mkdirSync(folder);
  const scratch = join(folder, ".resources.tmp");
  writeFileSync(scratch, `${JSON.stringify({ resources }, null, 2)}\n`);
  renameSync(scratch, join(folder, "resources.json"));
}
