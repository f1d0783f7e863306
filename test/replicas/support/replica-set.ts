import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild, tail } from "../../support/child.ts";
import type { Etcd, EtcdLink } from "../../support/etcd.ts";
import { freePort } from "../../support/free-port.ts";
import { waitFor } from "../../support/wait-for.ts";

/** A `fairlead serve` that shares its store with others, on ports of its own that it keeps. */
export interface ReplicaProcess {
  readonly id: string;
  readonly xdsPort: number;
  readonly adminUrl: string;
  readonly logPath: string;
  /** Its way to etcd, which can be cut. */
  readonly link: EtcdLink;
  /** Starts it again; resolves when it is ready. */
  start(): Promise<void>;
  /** Ends it. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** `GET` on its admin API. */
  get(path: string): Promise<unknown>;
}

/** How replicas are started. */
export interface ReplicaSetOptions {
  readonly count: number;
  /** For configuration and logs. */
  readonly folder: string;
  /** More of the configuration. */
  readonly config?: object;
  /** The directory of resource files. Default: none. */
  readonly resources?: string;
}

const MAIN = fileURLToPath(new URL("../../../packages/control-plane/src/cli/main.ts", import.meta.url));

/** Starts replicas on an etcd, each with a way of its own to it. */
export async function startReplicas(etcd: Etcd, options: ReplicaSetOptions): Promise<readonly ReplicaProcess[]> {
  const replicas: ReplicaProcess[] = [];
  for (let i = 0; i < options.count; i++) replicas.push(await makeReplica(etcd, `replica-${i}`, options));
  await Promise.all(replicas.map((replica) => replica.start()));
  return replicas;
}

async function makeReplica(etcd: Etcd, id: string, options: ReplicaSetOptions): Promise<ReplicaProcess> {
  const folder = join(options.folder, id);
  mkdirSync(folder);
  const config = join(folder, "fairlead.yaml");
  const log = { level: "info", format: "json" };
  writeFileSync(config, JSON.stringify({ replica: { id }, log, drainMs: 1_000, ...options.config }));
  const link = await etcd.link();
  const [xdsPort, adminPort] = [await freePort(), await freePort()];
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const logPath = join(folder, "fairlead.log");
  const places = ["--xds", `127.0.0.1:${xdsPort}`, "--admin", `127.0.0.1:${adminPort}`, "--store", link.url];
  const directory = options.resources === undefined ? [] : [options.resources];
  let child: Child | undefined;
  return {
    id,
    xdsPort,
    adminUrl,
    logPath,
    link,
    async start() {
      const started = startChild(
        process.execPath,
        [MAIN, "serve", ...directory, "--config", config, ...places],
        logPath,
      );
      child = started;
      await waitFor(
        () => `${id} to be ready; its log: ${logPath}\n${tail(logPath)}`,
        async () => {
          if (started.process.exitCode !== null) throw new Error(`it ended with ${started.process.exitCode}`);
          return (await fetch(`${adminUrl}/readyz`)).ok;
        },
      );
    },
    async stop(signal) {
      await child?.stop(signal);
      child = undefined;
    },
    get: async (path) => await (await fetch(adminUrl + path)).json(),
  };
}
