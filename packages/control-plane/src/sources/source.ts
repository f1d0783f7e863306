import type { Fault } from "../validation/fault.ts";

/** Something that yields resources. It never sees streams: it commits to a store. */
export interface Source {
  /** The owner of what it commits, and its name in logs, metrics and `/readyz`. */
  readonly name: string;
  /**
   * Begins; resolves when all that it has was looked at once (`isLoaded`), however long that takes, or when it is closed.
   *
   * @param groupsChanged called when {@link hasGroup} answers otherwise than before
   */
  start(groupsChanged?: () => void): Promise<void>;
  /** Ends all watching; resolves when nothing more is committed. */
  close(): Promise<void>;
  /** Reads everything anew, as if all of it had changed: types are others than before. Absent: it does not read types. */
  reread?(): Promise<void>;
  /** How it is now. */
  status(): SourceStatus;
  /** Whether it defines the group, even if nothing good of it was ever loaded: its nodes are nobody else's. */
  hasGroup(group: string): boolean;
}

/** How a source is. */
export interface SourceStatus {
  readonly name: string;
  /** Whether everything it has was looked at once. Groups that were faulty then do not count against it. */
  readonly isLoaded: boolean;
  /** Why nothing of it can be read at present; empty if it can. */
  readonly faults: readonly Fault[];
  /** Since when there are such faults, ms since the epoch; `undefined` or absent: there are none. */
  readonly faultySinceMs?: number | undefined;
  /** Groups that keep their last good state (or have none yet), by name. */
  readonly faultyGroups: ReadonlyMap<string, FaultyGroup>;
}

/** A group that cannot be read as it is now. */
export interface FaultyGroup {
  readonly faults: readonly Fault[];
  /** Since when, ms since the epoch. */
  readonly sinceMs: number;
  /** Whether there is a last good state that is served meanwhile. */
  readonly isServed: boolean;
}
