import { FairleadError } from "../errors.ts";
import type { CommitResult, Store } from "../store/store.ts";
import type { Backup } from "./read-backup.ts";
import { isEmpty, restoreChanges } from "./restore-changes.ts";

/** How to restore. */
export interface RestoreOptions {
  /** Whether what is there is replaced. */
  readonly force: boolean;
  readonly author: string | undefined;
  readonly reason: string | undefined;
}

/**
 * Makes a store that nobody serves from hold exactly what a backup does, as one commit: all of it or nothing.
 *
 * @throws FairleadError `store-not-empty`, and what `Store.commit` throws
 */
export function restoreInto(store: Store, { head, state }: Backup, options: RestoreOptions): Promise<CommitResult> {
  const { force, author, reason = restoreReason(head.revision) } = options;
  const changes: Parameters<Store["commit"]>[0] = (present) => {
    if (!force && !isEmpty(present)) throw notEmpty(store.status().name);
    return restoreChanges(present, state);
  };
  return store.commit(changes, { author, reason });
}

/** Why a restore was made, unless somebody said otherwise. */
export function restoreReason(revision: number): string {
  return `restore of a backup of revision ${revision}`;
}

/** There is something that a restore would replace. */
export function notEmpty(name: string): FairleadError {
  return new FairleadError(
    "store-not-empty",
    `The store (${name}) holds something already, and nothing was changed: with force=true (--force) it is replaced by the backup.`,
  );
}
