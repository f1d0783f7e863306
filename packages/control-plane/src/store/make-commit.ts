import { type Applied, applyChanges } from "./apply.ts";
import type { CommitRecord } from "./commit-log.ts";
import { effectiveChanges } from "./effective-changes.ts";
import { type Change, type Commit, DERIVED_OWNER, type Derive, type Owner, type StoreState } from "./store.ts";

/** A commit that could be made, and by what record it can be made again. */
export interface MadeCommit {
  /** After it; at most with places brought up to date if it is no commit. */
  readonly state: StoreState;
  readonly passedOver: readonly string[];
  /** `undefined`: all is as before. */
  readonly made: { readonly commit: Commit; readonly record: CommitRecord } | undefined;
}

/** What is told of a commit beside its changes. */
export type CommitHead = Omit<CommitRecord, "changes">;

/** Makes a commit of changes. Pure. @throws what {@link applyChanges} throws */
export function makeCommit(
  before: StoreState,
  changes: readonly Change[],
  head: CommitHead,
  derive: Derive | undefined,
): MadeCommit {
  const applied = applyChanges(before, changes, head.revision, derive);
  const { state, passedOver } = applied;
  if (state.revision === before.revision) return { state, passedOver, made: undefined };
  const record = { ...head, changes: effectiveChanges(before, changes, applied) };
  return { state, passedOver, made: { commit: commitOf(head, changes, applied), record } };
}

/** Makes a commit again, as a record says. The state is at its revision afterwards, whatever it did. Pure. */
export function redoCommit(before: StoreState, record: CommitRecord, derive: Derive | undefined): Commit {
  const { changes, ...head } = record;
  const applied = applyChanges(before, changes, head.revision, derive);
  const commit = commitOf(head, changes, applied);
  return { ...commit, state: { ...applied.state, revision: head.revision } };
}

function commitOf(head: CommitHead, changes: readonly Change[], applied: Applied): Commit {
  const { groups, documents, state } = applied;
  return { ...head, owners: ownersOf(changes, applied), documents, groups, state };
}

function ownersOf(changes: readonly Change[], { groups, documents }: Applied): Owner[] {
  const owners = changes.flatMap((change) => {
    if (change.kind === "document") return documents.has(change.key) ? [DERIVED_OWNER] : [];
    return groups.has(change.group) ? [change.owner] : [];
  });
  return [...new Set(owners)];
}
