import type { RegistryLimits } from "../limits.ts";

/** How much later each replica adopts than the one before it. */
const ADOPT_STEP_MS = 300;

/** Replicas that are gone and own something: after a while this one adopts their instances. */
export interface Orphans {
  /** An instance has another owner; empty: none. */
  moved(from: string, to: string): void;
  members(live: ReadonlySet<string>): void;
  /** Its instances have another owner; or it owns them again. */
  adopted(replica: string): void;
  /** Looks who is gone for long enough. */
  look(nowMs: number): void;
  /** Whose adoption is to be written, if they did not come back; each must be {@link settle}d before it is told again. */
  take(): readonly string[];
  settle(replica: string): void;
}

/** None yet. */
export function createOrphans(self: string, limits: RegistryLimits): Orphans {
  const countByOwner = new Map<string, number>();
  const goneSince = new Map<string, number>();
  const adopting = new Map<string, "wanted" | "flying">();
  let live: ReadonlySet<string> = new Set([self]);
  let adoptAfterMs = limits.adoptAfterMs;
  return {
    moved(from, to) {
      if (from !== "") countByOwner.set(from, countByOwner.get(from)! - 1);
      if (to !== "") countByOwner.set(to, (countByOwner.get(to) ?? 0) + 1);
    },
    members(now) {
      live = now;
      const before = Array.from(now).filter((id) => id < self).length;
      adoptAfterMs = limits.adoptAfterMs + before * ADOPT_STEP_MS; // one after the other, so that as a rule only the first tries
    },
    adopted: (replica) => void goneSince.delete(replica),
    look(nowMs) {
      if (!live.has(self)) return; // cut off itself, this one knows nothing of the others
      for (const [owner, count] of countByOwner) {
        if (count === 0) countByOwner.delete(owner);
        if (count === 0 || live.has(owner)) {
          goneSince.delete(owner);
          continue;
        }
        const since = goneSince.get(owner);
        if (since === undefined) goneSince.set(owner, nowMs);
        else if (nowMs - since >= adoptAfterMs && !adopting.has(owner)) adopting.set(owner, "wanted");
      }
    },
    take() {
      const wanted: string[] = [];
      for (const [replica, state] of adopting) {
        if (state === "flying") continue;
        if (live.has(replica) || !live.has(self)) {
          adopting.delete(replica);
          continue;
        }
        adopting.set(replica, "flying");
        wanted.push(replica);
      }
      return wanted;
    },
    settle: (replica) => void adopting.delete(replica),
  };
}
