import { existsSync } from "node:fs";
import { join } from "node:path";
import { FairleadError } from "../errors.ts";
import type { CommitLog } from "../store/commit-log.ts";
import type { StoreOptions } from "../store/create-store.ts";
import type { Store } from "../store/store.ts";

/** Which store is meant. */
export interface PlaceOptions {
  readonly dataDir?: string;
  readonly store?: string;
  /** A configuration that names a store, or how the one at {@link PlaceOptions.store} is reached. */
  readonly config?: string;
}

/** Options of {@link withStore}. */
export interface WithStoreOptions extends PlaceOptions {
  /** Whether a directory without a store is a mistake. Default `false`: one is made in it. */
  readonly mustExist?: boolean;
}

/** Whether a store is to be opened here, rather than a running control plane asked. */
export function isOffline({ dataDir, store, config }: PlaceOptions): boolean {
  return dataDir !== undefined || store !== undefined || config !== undefined;
}

/**
 * Opens the store that options name, uses it, and closes it again.
 *
 * @throws FairleadError `usage`, `config-invalid`, `store-unusable`, `store-unavailable`, and what `use` throws
 */
export async function withStore<T>(
  options: WithStoreOptions,
  use: (store: Store) => Promise<T>,
  storeOptions: StoreOptions = {},
): Promise<T> {
  const { openStore } = await import("../store/create-store.ts");
  const { log, close } = await openLog(options);
  try {
    await using store = disposable(await openStore(log, storeOptions));
    return await use(store.store);
  } finally {
    close();
  }
}

interface OpenedLog {
  readonly log: CommitLog;
  readonly close: () => void;
}

async function openLog({ dataDir, store, config: file, mustExist = false }: WithStoreOptions): Promise<OpenedLog> {
  const { loadConfig } = await import("../config/load.ts");
  const { history, ...config } = loadConfig(file, { dataDir, store });
  if (config.store.etcd && dataDir === undefined) {
    const { openEtcd } = await import("../store/etcd/open-etcd.ts");
    const { settingsOf } = await import("../store/open-configured.ts");
    const warn = (message: string) => process.stderr.write(`${message}\n`);
    const { log, close } = openEtcd(settingsOf(config.store.etcd, warn), history);
    return { log: withoutWaiting(log), close };
  }
  if (config.dataDir === undefined) {
    throw new FairleadError("usage", `--config ${file}: it names no store: neither dataDir nor store.etcd`);
  }
  if (mustExist && !existsSync(join(config.dataDir, "fairlead.db"))) {
    throw new FairleadError("usage", `${config.dataDir}: there is no store (fairlead.db) in it`);
  }
  const { sqliteLog } = await import("../store/sqlite/sqlite-log.ts");
  return { log: sqliteLog(config.dataDir, { retention: history }), close: () => {} };
}

/** A server waits for its etcd; whoever gave a command is told. */
function withoutWaiting(log: CommitLog): CommitLog {
  return {
    ...log,
    open(listener) {
      const failed = Promise.withResolvers<never>();
      failed.promise.catch(() => {}); // later on, commits tell
      const opening = log.open({
        ...listener,
        reachable(isReachable, why) {
          if (!isReachable) failed.reject(new FairleadError("store-unavailable", why ?? `${log.name} does not answer`));
          listener.reachable(isReachable, why);
        },
      });
      return Promise.race([opening, failed.promise]);
    },
  };
}

function disposable(store: Store): AsyncDisposable & { readonly store: Store } {
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
