import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { parseHostPort } from "../config/host-port.ts";
import type { EtcdStoreConfig } from "../config/store-schema.ts";
import { FairleadError } from "../errors.ts";
import { replicateAlone } from "../replicas/alone.ts";
import type { Replica } from "../replicas/membership.ts";
import type { Replication } from "../replicas/replication.ts";
import type { CommitLog } from "./commit-log.ts";
import { createStore, openStore, type StoreOptions } from "./create-store.ts";
import { readTls } from "./etcd/read-tls.ts";
import type { EtcdSettings } from "./etcd/settings.ts";
import { sqliteLog } from "./sqlite/sqlite-log.ts";
import type { Store } from "./store.ts";

/** A store, and how those who share it come to know each other. */
export interface OpenedStore {
  readonly store: Store;
  readonly replicate: (self: Replica) => Replication;
  /** Ends what both stand on, when both are closed. */
  release(): void;
}

/** What {@link openConfiguredStore} needs besides the configuration. */
export interface OpenOptions extends StoreOptions {
  readonly log: Logger;
  /** Ends the wait for a store that is away, with `store-closed`. */
  readonly signal?: AbortSignal | undefined;
  /** How often it is said that a store is waited for, ms. Default 30,000. */
  readonly sayAgainMs?: number;
}

const SAY_AGAIN_MS = 30_000;

/** Where the password is, if the configuration says none. */
const PASSWORD_VARIABLE = "FAIRLEAD_ETCD_PASSWORD";

/**
 * Opens the store that a configuration names: an etcd; else a SQLite file in `dataDir`; without either, memory. For an etcd that
 * is away it waits, and the admin API's address says so meanwhile.
 *
 * @throws FairleadError `store-unusable`, `store-unavailable`, `store-closed`, `tls-invalid`
 */
export async function openConfiguredStore(config: Config, options: OpenOptions): Promise<OpenedStore> {
  const { dataDir, history } = config;
  if (config.store.etcd) return openShared(config, config.store.etcd, options);
  const alone = { replicate: replicateAlone, release() {} };
  if (dataDir === undefined) return { store: createStore(options), ...alone };
  return { store: await openStore(sqliteLog(dataDir, { retention: history }), options), ...alone };
}

async function openShared(
  { admin, history }: Config,
  etcd: EtcdStoreConfig,
  { log: logger, signal, sayAgainMs = SAY_AGAIN_MS, ...options }: OpenOptions,
): Promise<OpenedStore> {
  const { openEtcd } = await import("./etcd/open-etcd.ts");
  const warn = (message: string) => logger.warn({ store: log.name }, message);
  const { log, replicate, close } = openEtcd(settingsOf(etcd, warn), history);
  const { answerWhileWaiting } = await import("../admin/answer-while-waiting.ts");
  const waiting = answerWhileWaiting(parseHostPort(admin.listen)!, log.name);
  const stop = () => {
    close();
    void log.close();
  };
  signal?.addEventListener("abort", stop, { once: true });
  const startedAtMs = performance.now();
  let why: string | undefined;
  const say = () => {
    const waitedS = Math.round((performance.now() - startedAtMs) / 1_000);
    logger.warn({ store: log.name, why, waitedS }, "waiting for the store");
  };
  let sayAgain: NodeJS.Timeout | undefined;
  const told: CommitLog = {
    ...log,
    open: (listener) =>
      log.open({
        ...listener,
        reachable(isReachable, reason) {
          listener.reachable(isReachable, reason);
          if (reason === undefined || !waiting.tell(reason)) return;
          const isFirst = why === undefined;
          why = reason;
          if (!isFirst) return;
          say();
          sayAgain = setInterval(say, sayAgainMs);
        },
      }),
  };
  try {
    const store = await openStore(told, options);
    await waiting.close();
    return { store, replicate, release: close };
  } catch (error) {
    await waiting.close();
    close();
    throw error;
  } finally {
    clearInterval(sayAgain);
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * How to reach the etcd that a configuration names. Certificates are read once, so that what is wrong with them is told, and anew for each connection.
 *
 * @param warn told of files that could not be read anew
 * @throws FairleadError `tls-invalid`, `store-unusable`
 */
export function settingsOf(
  { endpoints, prefix, tls, username, password, passwordFile }: EtcdStoreConfig,
  warn: (message: string) => void,
): EtcdSettings {
  return {
    endpoints: endpoints.map((text) => parseHostPort(text)!),
    ...(prefix !== undefined && { prefix }),
    tls: tls && readTls(tls, warn),
    username,
    password: passwordFile === undefined ? (password ?? process.env[PASSWORD_VARIABLE]) : readPassword(passwordFile),
  };
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, "utf8").trimEnd();
  } catch (cause) {
    const message = `store.etcd.passwordFile cannot be read: ${(cause as Error).message}`;
    throw new FairleadError("store-unusable", message, { cause });
  }
}
