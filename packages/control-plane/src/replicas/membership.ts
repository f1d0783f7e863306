/** A replica of this control plane, as the others see it. */
export interface Replica {
  /** Unique among those that share a store. */
  readonly id: string;
  /** Where its admin API is reached by the others, without a slash at its end: `http://10.0.0.7:18001`. */
  readonly adminUrl: string;
  /** `HOST/PID/RANDOM`, another one for each start, by which a replica is told from its former life, and from one that has its id by mistake. Absent: not known. */
  readonly process?: string;
}

/**
 * Who is there of the replicas that share a store: each holds a key under a lease, which ends a while after its replica does.
 *
 * A replica that is not listed may still be running, cut off: whoever takes over from it must fence it off.
 */
export interface Membership {
  readonly self: Replica;
  /**
   * Resolves when this one is listed for the first time, or the store is away, so that nobody can say. A replica of the same id that is listed
   * and does not answer is waited for until its lease has ended.
   *
   * @throws FairleadError `replica-id-taken`: one of the same id runs
   */
  joined(): Promise<void>;
  /** Whether the others can know by now that this one is there; alone: always. */
  isListed(): boolean;
  /** All that are there as far as is known, by id; this one always among them. Where the store cannot be reached: as it was last. */
  live(): ReadonlyMap<string, Replica>;
  /**
   * Tells of each that came or went, and not of those that are there already. One that came back within the time of its lease
   * may have been told of as neither.
   *
   * @returns the function that ends it
   */
  watch(listener: (event: MembershipEvent) => void): () => void;
  /** Takes this one off the list, so that the others need not wait for its lease to end. Never fails. */
  close(): Promise<void>;
}

/** What becomes of the list of replicas. */
export type MembershipEvent =
  | { readonly kind: "joined"; readonly replica: Replica }
  | { readonly kind: "left"; readonly replica: Replica }
  /** This one's own lease ended, while it was cut off: the others have been told that it left. */
  | { readonly kind: "unlisted" }
  /** It is on the list (again). */
  | { readonly kind: "listed" }
  /** One of the same id is listed and does not answer: it is waited for until its lease has ended. */
  | { readonly kind: "waiting"; readonly on: Replica }
  /** Another process, which runs, is on the list by the id of this one. */
  | { readonly kind: "displaced"; readonly by: Replica };
