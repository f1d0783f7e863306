import { randomBytes } from "node:crypto";
import type { HostPort } from "../config/host-port.ts";
import type { Config } from "../config/schema.ts";
import type { Election } from "./election.ts";
import { adminUrlOf, replicaId } from "./identity.ts";
import type { Membership, Replica } from "./membership.ts";
import type { Replicas } from "./replicas.ts";
import type { Replication } from "./replication.ts";
import { nameProcess } from "./still-runs.ts";

/** The replicas of a store, as this one takes part in them. */
export interface OwnReplica extends Replicas {
  /** Who is there. Only this one, and not yet listed, before {@link OwnReplica.join}. */
  readonly membership: Omit<Membership, "close" | "joined">;
  /** Who runs the sources. Nobody does before {@link OwnReplica.join}: what watches then is told afterwards. */
  readonly sources: Pick<Election, "watch" | "isLeader">;
  /**
   * Its admin API listens there: from now on others are told of it, and it stands for election.
   *
   * @param signal ends the wait for one of the same id, and leaves
   * @throws FairleadError `replica-id-taken`
   */
  join(admin: HostPort, signal?: AbortSignal): Promise<void>;
  /** Steps down and leaves, as if it had never joined. Never fails. */
  close(): Promise<void>;
}

interface Joined {
  readonly replication: Replication;
  readonly sources: Election;
}

/** The election of who runs the sources. */
const SOURCES = "sources";

/** This control plane among the replicas that `replicate` lets it know of. */
export function createReplicas(
  config: Config,
  { isShared, replicate }: { readonly isShared: boolean; readonly replicate: (self: Replica) => Replication },
): OwnReplica {
  const id = replicaId(config, isShared);
  let self: Replica = {
    id,
    adminUrl: config.replica.adminUrl ?? "",
    process: nameProcess(randomBytes(4).toString("hex")),
  };
  let joined: Joined | undefined;
  const watching = new Set<(joined: Joined) => void>();
  /** Watches when there is something to watch. */
  const watchLater = (watch: (joined: Joined) => () => void): (() => void) => {
    if (joined) return watch(joined);
    let unwatch = () => {};
    const begin = (now: Joined) => {
      unwatch = watch(now);
    };
    watching.add(begin);
    return () => {
      watching.delete(begin);
      unwatch();
    };
  };
  return {
    get self() {
      return self;
    },
    others: () => [...(joined?.replication.membership.live().values() ?? [])].filter((replica) => replica.id !== id),
    sourcesAt: () => joined?.sources.leader(),
    sources: {
      isLeader: () => joined?.sources.isLeader() ?? false,
      watch: (listener) => watchLater(({ sources }) => sources.watch(listener)),
    },
    membership: {
      get self() {
        return self;
      },
      isListed: () => joined?.replication.membership.isListed() ?? false,
      live: () => joined?.replication.membership.live() ?? new Map([[id, self]]),
      watch: (listener) =>
        watchLater(({ replication: { membership } }) => {
          const unwatch = membership.watch(listener);
          if (membership.isListed()) listener({ kind: "listed" });
          return unwatch;
        }),
    },
    async join(admin, signal) {
      self = { ...self, adminUrl: adminUrlOf(config, admin) };
      const replication = replicate(self);
      joined = { replication, sources: replication.elect(SOURCES) };
      for (const begin of watching) begin(joined);
      const leave = () => void replication.close();
      signal?.addEventListener("abort", leave, { once: true });
      await replication.membership.joined().finally(() => signal?.removeEventListener("abort", leave));
    },
    async close() {
      await joined?.replication.close();
    },
  };
}
