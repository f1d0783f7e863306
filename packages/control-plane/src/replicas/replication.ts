import type { Election } from "./election.ts";
import type { Membership } from "./membership.ts";

/** How this process and the other replicas know of each other and agree: by etcd (`replicateByEtcd`), or alone (`replicateAlone`). */
export interface Replication {
  readonly membership: Membership;
  /** Stands for an election, from now on: `sources`, say. At most one at a time for a name. */
  elect(name: string): Election;
  /** Steps down from everything, leaves the list. Never fails. */
  close(): Promise<void>;
}
