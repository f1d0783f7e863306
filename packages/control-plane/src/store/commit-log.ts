import type { Change, StoreState } from "./store.ts";

/** One commit, as a log keeps it: all that is needed to make it again. Only what had an effect. */
export interface CommitRecord {
  readonly revision: number;
  /** ms since the epoch. */
  readonly committedAtMs: number;
  readonly author: string | undefined;
  readonly reason: string | undefined;
  /** Without what was derived: it is derived anew. */
  readonly changes: readonly Change[];
}

/** What a log holds when it is opened. */
export interface Recovered {
  /** The newest checkpoint; `undefined`: none was made, the records are all there ever were. */
  readonly checkpoint: Checkpoint | undefined;
  /** Every record after the checkpoint, oldest first. */
  readonly records: Iterable<CommitRecord>;
}

/** A whole state, which makes the records up to its revision unnecessary but for history. */
export interface Checkpoint {
  /** What is derived is left out when it is encoded; so a group may be there with no owner. Groups and documents have their revisions. */
  readonly state: StoreState;
  /** When the state's last commit was made, ms since the epoch. */
  readonly committedAtMs: number;
}

/** What a log tells of what happens to it. */
export interface LogListener {
  /**
   * Records that are there and that this process did not append, oldest first, each once: those of others, and its own whose
   * {@link CommitLog.append} failed and which are there nevertheless.
   */
  appended(records: readonly CommitRecord[]): void;
  /** This process fell so far behind that steps are missing: the whole state instead. */
  restarted(recovered: Recovered): void;
  /** Whether the log can be reached; told when it changes, or why. While it cannot, `append` fails fast. */
  reachable(isReachable: boolean, why: string | undefined): void;
}

/**
 * Where commits are kept: SQLite for one process, etcd for many. Knows no resources, only the order of records.
 *
 * Records are numbered by revisions, which grow but are not dense. A record is there whole or not at all, whatever its size.
 */
export interface CommitLog {
  /** For messages: `sqlite:DIR/fairlead.db`, `etcd://HOST:PORT`. Never with a password. */
  readonly name: string;
  /** Whether other processes append too. */
  readonly isShared: boolean;
  /** Called once, first. @throws FairleadError `store-unusable`, `store-unavailable` */
  open(listener: LogListener): Promise<Recovered>;
  /**
   * Appends all or none, behind the record `after` (0: the first), and resolves when they are durable. `behind`: other records have come
   * meanwhile, nothing was appended, and the listener has been told of those or is about to be. Called one at a time.
   *
   * @throws FairleadError `store-unavailable` (its message says if they may have been appended nevertheless), `store-full`
   */
  append(records: readonly CommitRecord[], after: number): Promise<"appended" | "behind">;
  /** Records with `from <= revision <= to`, newest first, at most `limit`; older ones than are kept are absent. */
  read(range: { readonly from: number; readonly to: number; readonly limit: number }): Promise<readonly CommitRecord[]>;
  /**
   * The newest checkpoint at or before a revision; where all records ever appended are kept, the empty state at 0 counts as one.
   * `undefined`: none is kept, its history is gone.
   */
  checkpointBefore(revision: number): Promise<Checkpoint | undefined>;
  /**
   * Keeps a whole state, and forgets what retention allows: see {@link Retention}. Serving never waits for it. Several processes
   * may keep one of the same revision: they are equal. Encode it with `checkpointParts`, which leaves the loop free.
   */
  keepCheckpoint(checkpoint: Checkpoint): Promise<void>;
  close(): Promise<void>;
}

/** How much history a log keeps. What the newest checkpoint needs is always kept. */
export interface Retention {
  /** Records, at most. Default 10,000. */
  readonly maxRecords: number;
  /** Bytes of records and checkpoints, at most. Default 256 MiB. */
  readonly maxBytes: number;
}
