import type { Book, Forwarding } from "./book/book.ts";
import { publish } from "./channels.ts";
import type { InstanceKey } from "./instance.ts";

/**
 * Passes heartbeats on to the replica that owns their instances; resolves when that one has them. What it refuses of them needs no
 * answer: it knows no more than the store does.
 */
export type ForwardHeartbeats = (owner: string, keys: readonly InstanceKey[]) => Promise<void>;

/** Passes on what the book has for other replicas, to each one batch at a time. */
export interface Passing {
  passOn(): void;
  /** Who is gone is tried as often as any other when it is back. */
  members(live: ReadonlySet<string>): void;
}

/** @param failed something may be to be written, for heartbeats could not be passed on */
export function createPassing(book: Book, forward: ForwardHeartbeats | undefined, failed: () => void): Passing {
  const failedOwners = new Set<string>();
  const busyOwners = new Set<string>();
  let live: ReadonlySet<string> = new Set();

  const pass = async (forwarding: Forwarding) => {
    const { owner, keys } = forwarding;
    const isLast = !forward || failedOwners.has(owner);
    busyOwners.add(owner);
    try {
      if (!forward) throw new Error("this replica was given no way to reach another");
      await forward(owner, keys);
      failedOwners.delete(owner);
    } catch (error) {
      if (live.has(owner)) failedOwners.add(owner);
      book.notForwarded(forwarding, isLast, performance.now());
      publish("fairlead:registry:forward-failed", { owner, heartbeats: keys.length, error });
      failed();
    } finally {
      busyOwners.delete(owner);
    }
  };

  return {
    passOn() {
      for (const forwarding of book.takeForwardings((owner) => busyOwners.has(owner))) void pass(forwarding);
    },
    members(now) {
      live = now;
      for (const owner of failedOwners) if (!live.has(owner)) failedOwners.delete(owner);
    },
  };
}
