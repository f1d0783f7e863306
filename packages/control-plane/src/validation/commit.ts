import type { ReferenceRules } from "../config/config.ts";
import { FairleadError } from "../errors.ts";
import { type Includes, NO_INCLUDES } from "../groups/includes.ts";
import { type Applied, applyChanges, takenMessage } from "../store/apply.ts";
import { compose, NOTHING_COMPOSED } from "../store/compose.ts";
import { diffStates } from "../store/diff.ts";
import {
  type Change,
  type ChangesOf,
  type CommitResult,
  DERIVED_OWNER,
  entryOf,
  type Store,
  type StoreState,
} from "../store/store.ts";
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

/** Options of {@link Committer.commit}. */
export interface CommitterOptions {
  /** Checks only, and tells what would be. */
  readonly dryRun?: boolean;
  /** Commits the groups that are free of errors, all others staying as they are. Default: one error refuses all. */
  readonly leaveOutFaulty?: boolean;
  /** Who asks, by their own word; remembered with the commit. */
  readonly author?: string | undefined;
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

/** Changes that pass as a whole. */
interface Judged extends Pick<CommitReport, "refused" | "warnings"> {
  readonly changes: readonly Change[];
}

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
  const danglingAfter = (before: StoreState, applied: Applied) => {
    const composed = compose(includes, present, applied.state);
    const { served } = composed;
    const isNext = served === applied.state && before === present.stored;
    return index.check(composed, isNext ? applied.groups : diffStates(present.served, served));
  };

  const judge = (before: StoreState, wanted: readonly Change[] | ChangesOf, options: CommitterOptions): Judged => {
    const changes = typeof wanted === "function" ? wanted(before) : wanted;
    const refused = new Map(takenNames(before, changes));
    refuseUnlessLeftOut("name-taken", refused, options);
    for (;;) {
      const left = accepted(changes, refused);
      const dangling = danglingAfter(before, applyChanges(before, left, before.revision + 1, store.derive));
      const size = refused.size;
      for (const [group, faults] of dangling) {
        const errors = faults.filter((fault) => fault.severity === "error");
        if (errors.length > 0) refuse(refused, left, includes.chainOf(group), errors);
      }
      refuseUnlessLeftOut("resources-invalid", refused, options);
      if (refused.size === size) {
        const warnings = [...dangling.values()].flat().filter((fault) => fault.severity === "warning");
        return { changes: left, refused, warnings };
      }
      // What is left may have counted on what was refused.
    }
  };

  const preview = (wanted: readonly Change[] | ChangesOf, options: CommitterOptions): CommitReport => {
    const before = store.state();
    const { changes, refused, warnings } = judge(before, wanted, options);
    const { state, passedOver } = applyChanges(before, changes, before.revision + 1, store.derive);
    const changed = state.revision !== before.revision;
    return { revision: before.revision, changed, state, passedOver, refused, warnings };
  };

  return {
    store,
    async commit(changes, options = {}) {
      if (options.dryRun) return preview(changes, options);
      const { author, reason } = options;
      let judged: Judged | undefined;
      // Judged where it is made: so that commits that wait at the same time become durable together, each after the one before it.
      const judgedChanges = (before: StoreState) => {
        judged = judge(before, changes, options);
        return judged.changes;
      };
      const result = await store.commit(judgedChanges, { author, reason });
      const { refused, warnings } = judged!;
      return { ...result, refused, warnings };
    },
    includersOf: (group) => present.inclusions?.includers.get(group)?.keys() ?? [],
    danglingIn: (group) => index.danglingIn(group),
    close: unwatch,
  };
}

function accepted(changes: readonly Change[], refused: ReadonlyMap<string, unknown>): readonly Change[] {
  return refused.size === 0
    ? changes
    : changes.filter((change) => change.kind === "document" || !refused.has(change.group));
}

/** Refuses what brought the errors of a group: changes of the group itself, or of what it includes. */
function refuse(
  refused: Map<string, Fault[]>,
  changes: readonly Change[],
  chain: readonly string[],
  errors: readonly Fault[],
): void {
  for (const change of changes) {
    if (change.kind === "document") continue;
    const { group } = change;
    if (chain.includes(group)) refused.set(group, [...new Set([...(refused.get(group) ?? []), ...errors])]);
  }
}

/** Names that a change would take from another owner, by group. */
function takenNames(state: StoreState, changes: readonly Change[]): Map<string, Fault[]> {
  const taken = new Map<string, Fault[]>();
  for (const change of changes) {
    if (change.kind !== "update") continue;
    const group = state.groups.get(change.group);
    for (const entry of change.upsert) {
      const old = entryOf(group, entry.resource);
      if (!old || old.owner === entry.owner || old.owner === DERIVED_OWNER) continue;
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
