/**
 * One leader at a time among the replicas that share a store, for one name.
 *
 * Who is cut off from the store stops being the leader, by its own clock, before another can become it. What it has sent by then
 * may still arrive: what must not be done twice is fenced by the store (a `Leadership`, `ifRevision` of a document change, `expectedRevision`).
 */
export interface Election {
  /** What the leader is elected for. */
  readonly name: string;
  /** Right now; asks the clock. */
  isLeader(): boolean;
  /** The replica that leads as far as is known; `undefined`: none, or unknown. */
  leader(): string | undefined;
  /**
   * Tells when this replica becomes the leader and when it stops being it; at once of the present state, if it leads.
   *
   * @returns the function that ends it
   */
  watch(listener: (isLeader: boolean) => void): () => void;
  /** Steps down and stands no more; the next is elected at once. Never fails. */
  close(): Promise<void>;
}
