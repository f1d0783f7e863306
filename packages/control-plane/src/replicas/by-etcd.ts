import type { EtcdClient } from "../store/etcd/client.ts";
import { type KeptLease, keepLease } from "../store/etcd/lease.ts";
import { electByEtcd } from "./elect-by-etcd.ts";
import type { Election } from "./election.ts";
import { joinByEtcd } from "./join-by-etcd.ts";
import type { Replica } from "./membership.ts";
import type { Replication } from "./replication.ts";

/** Options of {@link replicateByEtcd}. */
export interface EtcdReplicationOptions {
  /** What its keys begin with, without a slash at the end. */
  readonly prefix: string;
  readonly self: Replica;
  /** How long after its last sign a replica counts as gone, ms, in whole seconds. Default 10,000. */
  readonly leaseTtlMs?: number;
}

const LEASE_TTL_MS = 10_000;

/** What listens for whether the one lease of this replica is held. */
export type LeaseListeners = Set<{ held(id: bigint): void; lost(): void }>;

/** Replicas that know of each other by keys in etcd, all of one replica's under one lease. The client remains the caller's. */
export function replicateByEtcd(client: EtcdClient, options: EtcdReplicationOptions): Replication {
  const { prefix, self, leaseTtlMs = LEASE_TTL_MS } = options;
  const listeners: LeaseListeners = new Set();
  const lease: KeptLease = keepLease(client, leaseTtlMs, {
    held(id) {
      for (const listener of [...listeners]) listener.held(id);
    },
    lost() {
      for (const listener of [...listeners]) listener.lost();
    },
  });
  const shared = { client, lease, listeners };
  const membership = joinByEtcd(shared, { prefix: `${prefix}/replicas/`, self, leaseTtlMs });
  const elections = new Set<Election>();
  return {
    membership,
    elect(name) {
      const election = electByEtcd(shared, { key: `${prefix}/elections/${name}`, name, id: self.id });
      elections.add(election);
      return election;
    },
    async close() {
      // All that this replica has in etcd goes with the lease; the rest is for elections and lists that end before.
      await Promise.all([...[...elections].map((election) => election.close()), membership.close(), lease.close()]);
    },
  };
}

/** What membership and elections of one replica have in common. */
export interface SharedLease {
  readonly client: EtcdClient;
  readonly lease: KeptLease;
  readonly listeners: LeaseListeners;
}
