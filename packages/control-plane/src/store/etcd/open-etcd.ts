import { replicateByEtcd } from "../../replicas/by-etcd.ts";
import type { Replica } from "../../replicas/membership.ts";
import type { Replication } from "../../replicas/replication.ts";
import type { CommitLog, Retention } from "../commit-log.ts";
import { createEtcdClient } from "./client.ts";
import { createEtcdLog } from "./etcd-log.ts";
import { DEFAULT_PREFIX, type EtcdSettings } from "./settings.ts";

/** All that this control plane keeps in one etcd. */
export interface EtcdPlace {
  readonly log: CommitLog;
  /** Joins the replicas that share it. */
  replicate(self: Replica): Replication;
  /** Ends every connection; last. */
  close(): void;
}

/** One client for the log and for all that replicas tell each other by etcd. Connects when it is first needed. */
export function openEtcd(settings: EtcdSettings, retention: Partial<Retention> = {}): EtcdPlace {
  const client = createEtcdClient(settings);
  const { prefix = DEFAULT_PREFIX } = settings;
  return {
    log: createEtcdLog(client, { prefix, retention }),
    replicate: (self) => replicateByEtcd(client, { prefix, self }),
    close: () => client.close(),
  };
}
