import type { InstanceKey } from "../instance.ts";
import type { Forwarding } from "./book.ts";
import type { Entry } from "./entry.ts";

/** Heartbeats that wait to be passed on, each instance's newest, by the replica that is to have them. */
export interface Outgoing {
  /** @param isNumbered whether the heartbeat said its sequence */
  pass(entry: Entry, to: string, isNumbered: boolean): void;
  /** Takes out all but those of busy owners. */
  take(isBusy: (owner: string) => boolean): readonly Forwarding[];
}

/** None yet. */
export function createOutgoing(): Outgoing {
  const entriesByOwner = new Map<string, Set<Entry>>();
  return {
    pass(entry, to, isNumbered) {
      let waiting = entriesByOwner.get(to);
      if (!waiting) {
        waiting = new Set();
        entriesByOwner.set(to, waiting);
      }
      waiting.add(entry);
      entry.outgoing = isNumbered ? "numbered" : "unnumbered";
    },
    take(isBusy) {
      if (entriesByOwner.size === 0) return [];
      const ready = [...entriesByOwner].filter(([owner]) => !isBusy(owner));
      return ready.map(([owner, entries]) => {
        entriesByOwner.delete(owner);
        return { owner, keys: Array.from(entries, takeKey) };
      });
    },
  };
}

function takeKey(entry: Entry): InstanceKey {
  const sequence = entry.outgoing === "numbered" ? entry.heardSequence : 0;
  entry.outgoing = "none";
  return { service: entry.service.name, id: entry.id, incarnation: entry.heardIncarnation, sequence };
}
