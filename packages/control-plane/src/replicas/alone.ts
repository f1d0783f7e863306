import type { Election } from "./election.ts";
import type { Membership, Replica } from "./membership.ts";
import type { Replication } from "./replication.ts";

/** The only replica there is: always listed, and the leader of everything. For stores that one process has to itself. */
export function replicateAlone(self: Replica): Replication {
  return { membership: memberAlone(self), elect: (name) => leadAlone(name, self.id), close: async () => {} };
}

function memberAlone(self: Replica): Membership {
  const live = new Map([[self.id, self]]);
  return {
    self,
    joined: async () => {},
    isListed: () => true,
    live: () => live,
    watch: () => () => {},
    close: async () => {},
  };
}

function leadAlone(name: string, id: string): Election {
  let isLeader = true;
  const listeners = new Set<(isLeader: boolean) => void>();
  return {
    name,
    isLeader: () => isLeader,
    leader: () => (isLeader ? id : undefined),
    watch(listener) {
      listeners.add(listener);
      if (isLeader) listener(true);
      return () => listeners.delete(listener);
    },
    async close() {
      if (!isLeader) return;
      isLeader = false;
      for (const listener of listeners) listener(false);
    },
  };
}
