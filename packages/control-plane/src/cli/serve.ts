import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { formatHostPort, parseHostPort } from "../config/host-port.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { FairleadError } from "../errors.ts";
import { boundYoungGeneration } from "../memory/bound-young-generation.ts";
import { collectGarbage } from "../memory/collect-garbage.ts";
import { type Fairlead, startFairlead } from "../serve.ts";
import { createLog } from "../telemetry/log.ts";
import { workersByCores } from "../xds/workers-by-cores.ts";
import { paint } from "./colours.ts";
import { assertDirectory, findConfigFile } from "./config-file.ts";
import { watchNpm } from "./watch-npm.ts";

/** Options of `fairlead serve`. */
export interface ServeOptions {
  readonly config?: string;
  readonly xds?: string;
  readonly admin?: string;
  readonly workers?: number;
  readonly schema?: string;
  /** `false`: `--no-data-dir`. */
  readonly dataDir?: string | boolean;
  /** An etcd in place of a directory. */
  readonly store?: string;
  readonly insecure?: boolean;
  readonly logLevel?: Config["log"]["level"];
}

/** Under npm, one Ctrl-C comes twice: from the terminal, and from npm, which passes its own on. */
const ECHO_MS = 250;

/** `fairlead serve`: runs until a signal ends it; a second signal ends it at once. */
export async function serve(dir: string | undefined, options: ServeOptions): Promise<void> {
  const letYoungGenerationGrow = boundYoungGeneration();
  const config = readConfig(dir, options);
  const { level, format } = config.log;
  const log = await createLog({ level, format: format === "auto" ? undefined : format });
  const signals = listenForSignals();
  const starting = new AbortController();
  void signals.first.then(() => starting.abort());
  const fairlead = await startFairlead({ config, log, signal: starting.signal }).catch((error: unknown) => {
    if (!(error instanceof FairleadError && error.code === "store-closed")) throw error;
  });
  if (!fairlead) {
    log.info("ended before it had a store");
    return signals.close();
  }
  if (process.stdout.isTTY) process.stdout.write(`${nextSteps(fairlead, config)}\n`);
  void fairlead.ready.then(() => collectGarbage().catch(tellUncollected(log)));
  const signal = await signals.first;
  log.info({ signal, drainMs: config.drainMs }, "draining; a second signal ends at once");
  await fairlead.close();
  log.info("ended");
  signals.close();
  letYoungGenerationGrow();
}

/** Nothing depends on it: where Node has no inspector, say, memory is given back later. */
function tellUncollected(log: Logger): (error: unknown) => void {
  return (error) => log.debug({ err: error }, "the garbage of the start is not collected at once");
}

function readConfig(dir: string | undefined, options: ServeOptions): Config {
  const { xds, admin, workers, schema, dataDir, store, insecure, logLevel } = options;
  if (dir !== undefined) assertDirectory(dir);
  if (typeof dataDir === "string" && store !== undefined) {
    throw new FairleadError("usage", "--store and --data-dir each say where commits are kept: give one of them");
  }
  const file = findConfigFile(options.config);
  const named = typeof dataDir === "string" ? dataDir : undefined;
  const places = { resources: dir, schema, xdsListen: xds, adminListen: admin, dataDir: named };
  const config = withWorkers(loadConfig(file, { ...places, workers, store, insecure, logLevel }));
  const { dataDir: configured, ...without } = config;
  const kept = dataDir === false || config.store.etcd ? undefined : (configured ?? defaultDataDir(config));
  return kept === undefined ? without : { ...without, dataDir: kept };
}

function withWorkers(config: Config): Config {
  return { ...config, xds: { ...config.xds, workers: config.xds.workers ?? workersByCores() } };
}

/** One for each control plane of this user: told apart by what it serves and where; of one on any free port, nothing is kept. */
function defaultDataDir({ resources = "", xds, admin }: Config): string | undefined {
  if ([xds.listen, admin.listen].some((listen) => parseHostPort(listen)?.port === 0)) return undefined;
  const state = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const identity = createHash("sha256").update(`${resources}\n${xds.listen}\n${admin.listen}`).digest("hex");
  return join(state, "fairlead", identity.slice(0, 12));
}

function listenForSignals() {
  const { promise: first, resolve } = Promise.withResolvers<NodeJS.Signals | "npm is gone">();
  let firstAtMs: number | undefined;
  const hear = (signal: NodeJS.Signals) => {
    firstAtMs ??= performance.now();
    resolve(signal);
    if (performance.now() - firstAtMs > ECHO_MS) process.exit(1);
  };
  process.on("SIGTERM", hear);
  process.on("SIGINT", hear);
  const unwatchNpm = watchNpm(() => resolve("npm is gone"));
  return {
    first,
    close() {
      unwatchNpm();
      process.off("SIGTERM", hear);
      process.off("SIGINT", hear);
    },
  };
}

function nextSteps(fairlead: Fairlead, config: Config): string {
  const { xdsAddress, adminUrl } = fairlead;
  const isDefault = adminUrl === "http://127.0.0.1:18001";
  const admin = isDefault ? "" : ` --admin ${adminUrl}`;
  const command = (text: string) => paint("cyan", text);
  const next =
    config.resources === undefined
      ? "There is nothing to serve yet: name a directory (`fairlead serve DIR`), or PUT resources to the admin API."
      : `Edit a file in ${config.resources} and see it there.`;
  return [
    "",
    `  ${paint("bold", "Fairlead is running.")} xDS on ${formatHostPort(xdsAddress)}, admin API on ${adminUrl}`,
    "",
    "  In a second terminal:",
    `    ${command(`npx fairlead watch --node demo${admin}`)}        what the node \`demo\` is served, live`,
    `    ${command(`npx fairlead bootstrap envoy${admin}`)}          a configuration for a real Envoy`,
    `    ${command(`npx fairlead get nodes --why${admin}`)}          who is connected, and how it goes`,
    `  ${next}`,
    "",
  ].join("\n");
}
