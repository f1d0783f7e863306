import type { Schema } from "@fairlead/envoy-api";
import type { SnapshotCache } from "@fairlead/xds";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { type ClusterJournal, openClusterJournal } from "./cluster-journal.ts";

/**
 * Opens the journal of served clusters. A directory that can't be written costs what a journal would have given, and is
 * told; it never keeps the control plane from starting.
 */
export function recallClusters(config: Config, schema: Schema, log: Logger): ClusterJournal | undefined {
  const { dataDir } = config;
  if (dataDir === undefined) return undefined;
  try {
    return openClusterJournal(dataDir, schema, { droppedForMs: config.xds.timings.listenerDrainMs });
  } catch (err) {
    const what = "cannot keep what outlives a restart: one in the middle of a swap may lose requests";
    log.warn({ err, dataDir }, `${what}; name a directory that can be written with --data-dir`);
    return undefined;
  }
}

/** Notes every change of clusters before it is sent to anyone; returns the function that ends it. */
export function keepJournal(journal: ClusterJournal | undefined, cache: SnapshotCache, log: Logger): () => void {
  if (!journal) return () => {};
  let isBroken = false;
  const attempt = (write: () => void) => {
    try {
      write();
      if (isBroken) log.info("the journal of served clusters can be written again");
      isBroken = false;
    } catch (err) {
      if (!isBroken) log.error({ err }, "the journal of served clusters cannot be written; serving goes on without it");
      isBroken = true;
    }
  };
  const unsubscribe = cache.subscribe((event) => {
    if (event.kind === "snapshots") for (const snapshot of event.snapshots) attempt(() => journal.record(snapshot));
    if (event.kind === "deleted") attempt(() => journal.forget(event.group));
  });
  return () => {
    unsubscribe();
    journal.close();
  };
}
