import type { ReferenceRules } from "../config/config.ts";
import { FairleadError } from "../errors.ts";
import { type Includes, NO_INCLUDES } from "../groups/includes.ts";
import { type Applied, applyChanges, takenMessage } from "../store/apply.ts";
import { compose, NOTHING_COMPOSED } from "../store/compose.ts";
import { diffStates } from "../store/diff.ts";
import { type Change, type CommitResult, entryOf, type Store, type StoreState } from "../store/store.ts";
import { type Fault, formatFault, whereOf } from "./fault.ts";
import { createReferenceIndex } from "./reference-index.ts";

/** Commits to a store what passes as a whole, and nothing of the rest. */
export interface Committer {
  readonly store: Store;
  /**
   * Checks the changes together (names by owner, references) against what there is, then commits them at once.
   *
   * @throws FairleadError `name-taken` or `resources-invalid` with all faults, unless `leaveOutFaulty`; and what
   *   {@link Store.commit} throws
   */
  commit(changes: readonly Change[] | ChangesOf, options?: CommitterOptions): Promise<CommitReport>;
  /** The groups that include a group at present. */
  includersOf(group: string): Iterable<string>;
  /** The references of a group that lead nowhere at present. */
  danglingIn(group: string): readonly Fault[];
  /** Ends the watch on the store. */
  close(): void;
}

/** Makes changes of the state that they will be applied to: for those that replace what is there. May run more than once. */
export type ChangesOf = (state: StoreState) => readonly Change[];

/** Options of {@link Committer.commit}. */
export interface CommitterOptions {
  /** Checks only, and tells what would be. */
  readonly dryRun?: boolean;
  /** Commits the groups that are free of errors, all others staying as they are. Default: one error refuses all. */
  readonly leaveOutFaulty?: boolean;
  /** Why, in the words of whoever asks; remembered with the commit. */
  readonly reason?: string | undefined;
}

/** What came of a commit. */
export interface CommitReport extends CommitResult {
  /** Errors by group: those groups were left out. Empty without `leaveOutFaulty`. */
  readonly refused: ReadonlyMap<string, readonly Fault[]>;
  /** What is new and doubtful, yet served. */
  readonly warnings: readonly Fault[];
}

/** Attempts when others commit to the same store meanwhile; each sees a newer state, so somebody always gets on. */
const MAX_ATTEMPTS = 10;

/**
 * A committer for a store; `references` say how a reference that leads nowhere is judged, in each group with what it
 * `includes`.
 */
export function createCommitter(store: Store, references: ReferenceRules, includes: Includes = NO_INCLUDES): Committer {
  const index = createReferenceIndex(references);
  let present = NOTHING_COMPOSED;
  const unwatch = store.watch(0, (event) => {
    present = compose(includes, present, event.kind === "commit" ? event.commit.state : event.state);
    index.advance(present);
  });

  /** What would dangle if the changes were made, by the groups whose proxies it would reach. */
  const danglingAfter = (applied: Applied) => {
    const composed = compose(includes, present, applied.state);
    const { served } = composed;
    return index.check(composed, served === applied.state ? applied.groups : diffStates(present.served, served));
  };

  const attempt = async (wanted: readonly Change[] | ChangesOf, options: CommitterOptions): Promise<CommitReport> => {
    const before = store.state();
    const changes = typeof wanted === "function" ? wanted(before) : wanted;
    const refused = new Map(takenNames(before, changes));
    refuseUnlessLeftOut("name-taken", refused, options);
    let dangling: ReadonlyMap<string, readonly Fault[]>;
    for (;;) {
      const left = accepted(changes, refused);
      dangling = danglingAfter(applyChanges(before, left, before.revision + 1));
      const size = refused.size;
      for (const [group, faults] of dangling) {
        const errors = faults.filter((fault) => fault.severity === "error");
        if (errors.length > 0) refuse(refused, left, includes.chainOf(group), errors);
      }
      refuseUnlessLeftOut("resources-invalid", refused, options);
      if (refused.size === size) break;
      // What is left may have counted on what was refused.
    }
    const changesLeft = accepted(changes, refused);
    const warnings = [...dangling.values()].flat().filter((fault) => fault.severity === "warning");
    if (options.dryRun) {
      const applied = applyChanges(before, changesLeft, before.revision + 1);
      const changed = applied.groups.size > 0;
      return { revision: before.revision, changed, state: applied.state, refused, warnings };
    }
    const result = await store.commit(changesLeft, { expectedRevision: before.revision, reason: options.reason });
    return { ...result, refused, warnings };
  };

  const commit = async (changes: readonly Change[] | ChangesOf, options: CommitterOptions): Promise<CommitReport> => {
    for (let left = MAX_ATTEMPTS; ; left--) {
      try {
        return await attempt(changes, options);
      } catch (error) {
        if (left === 1 || !(error instanceof FairleadError) || error.code !== "revision-conflict") throw error;
      }
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    store,
    commit(changes, options = {}) {
      const report = last.then(() => commit(changes, options));
      last = report.catch(() => {});
      return report;
    },
    includersOf: (group) => present.inclusions?.includers.get(group)?.keys() ?? [],
    danglingIn: (group) => index.danglingIn(group),
    close: unwatch,
  };
}

function accepted(changes: readonly Change[], refused: ReadonlyMap<string, unknown>): readonly Change[] {
  return refused.size === 0 ? changes : changes.filter((change) => !refused.has(change.group));
}

/** Refuses what brought the errors of a group: changes of the group itself, or of what it includes. */
function refuse(
  refused: Map<string, Fault[]>,
  changes: readonly Change[],
  chain: readonly string[],
  errors: readonly Fault[],
): void {
  for (const { group } of changes) {
    if (chain.includes(group)) refused.set(group, [...new Set([...(refused.get(group) ?? []), ...errors])]);
  }
}

/** Names that a change would take from another owner, by group. */
function takenNames(state: StoreState, changes: readonly Change[]): Map<string, Fault[]> {
  const taken = new Map<string, Fault[]>();
  for (const change of changes) {
    if (change.kind === "withdraw") continue;
    const group = state.groups.get(change.group);
    for (const entry of change.upsert) {
      const old = entryOf(group, entry.resource);
      if (!old || old.owner === entry.owner) continue;
      const { typeUrl, name } = entry.resource;
      const faults = taken.get(change.group) ?? [];
      taken.set(change.group, faults);
      faults.push({
        severity: "error",
        rule: "name.taken",
        message: takenMessage(change.group, entry, old),
        ...whereOf(entry.place),
        group: change.group,
        typeUrl,
        name,
      });
    }
  }
  return taken;
}

function refuseUnlessLeftOut(
  code: "name-taken" | "resources-invalid",
  refused: ReadonlyMap<string, readonly Fault[]>,
  options: CommitterOptions,
): void {
  if (refused.size === 0 || options.leaveOutFaulty) return;
  const faults = [...refused.values()].flat();
  throw new FairleadError(code, faults.map(formatFault).join("\n"), { faults });
}
