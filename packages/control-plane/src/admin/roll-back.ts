import { FairleadError } from "../errors.ts";
import { GROUP_RULES_KEY, readGroupRules } from "../groups/rules-document.ts";
import { changesTowards } from "../history/changes-towards.ts";
import { compareStates, type StateDifference } from "../history/compare-states.ts";
import { digestChanges } from "../history/digest-changes.ts";
import { sourceChannel } from "../sources/channels.ts";
import type { Change, StoreState } from "../store/store.ts";
import type { TypeRegistry } from "../types/type-registry.ts";
import type { CommitReport, Committer } from "../validation/commit.ts";
import { API_OWNER } from "./api-resources.ts";

/** How to go back. */
export interface RollBackOptions {
  /** Only this group; `undefined`: all. */
  readonly group: string | undefined;
  readonly dryRun: boolean;
  /** The plan (of {@link RolledBack}) that it must still be; `undefined`: whatever it is. */
  readonly plan: string | undefined;
  readonly author: string | undefined;
  readonly reason: string | undefined;
  /** Throws if that state must not be changed by these changes. Default: any may. */
  readonly judge?: (state: StoreState, changes: readonly Change[]) => void;
}

/** A return to another state that was made, or with `dryRun` could be. */
export interface RolledBack {
  readonly report: CommitReport;
  /** Names what would change, and what it would replace. */
  readonly plan: string;
  /** What it changed for proxies, and of documents. */
  readonly differences: readonly StateDifference[];
  /** What is still other than it was: others define it. Seen from the target. */
  readonly left: readonly StateDifference[];
}

/**
 * Makes what the API manages, and the documents that people write, as they are in another state, as one commit.
 *
 * @throws FairleadError `precondition-failed`, `type-unknown`, `request-invalid` for group rules that are none, and what a commit throws
 */
export async function rollBack(
  { committer, types }: { readonly committer: Committer; readonly types: TypeRegistry },
  target: StoreState,
  { group, dryRun, plan: wanted, author, reason, judge }: RollBackOptions,
): Promise<RolledBack> {
  const { derive } = committer.store;
  const startedMs = Date.now();
  let before = committer.store.state();
  let plan = "";
  const changesOf = (state: StoreState): readonly Change[] => {
    before = state;
    const changes = changesTowards(state, target, { owner: API_OWNER, group, derive });
    plan = digestChanges(state, changes);
    if (wanted !== undefined && wanted !== plan) throw movedOn();
    judge?.(state, changes);
    requireTypes(changes, types);
    requireRules(changes);
    return changes;
  };
  const report = await committer.commit(changesOf, { dryRun, author, reason });
  const differences = compareStates(before, report.state, {});
  if (report.changed && !dryRun) {
    const groups = [...new Set(differences.flatMap((one) => (one.of === "document" ? [] : one.group)))];
    const { revision, warnings } = report;
    const message = { source: API_OWNER, author, reason, revision, groups, warnings, tookMs: Date.now() - startedMs };
    sourceChannel("fairlead:source:committed").publish(message);
  }
  return { report, plan, differences, left: compareStates(target, report.state, { group }) };
}

function movedOn(): FairleadError {
  return new FairleadError(
    "precondition-failed",
    "Going back would change something else than `plan` says: somebody wrote meanwhile. Nothing was changed: ask again with dryRun=true.",
  );
}

/** Types may have been taken away since. */
function requireTypes(changes: readonly Change[], types: TypeRegistry): void {
  const schema = types.schema();
  for (const change of changes) {
    if (change.kind !== "update") continue;
    const unknown = change.upsert.find(({ resource }) => !schema.messageOf(resource.typeUrl));
    if (!unknown) continue;
    const { typeUrl, name } = unknown.resource;
    const message = `Group ${change.group} had ${JSON.stringify(name)} of type ${typeUrl}, which is not known any more: register it (PUT /v1/types) first.`;
    throw new FairleadError("type-unknown", message);
  }
}

/** A backup may hold anything. */
function requireRules(changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind !== "document" || change.key !== GROUP_RULES_KEY || change.value === undefined) continue;
    if (readGroupRules(change.value)) continue;
    const message = `The document ${GROUP_RULES_KEY} is no list of group rules, so nothing was changed: make the backup anew without it (DELETE /v1/rules there).`;
    throw new FairleadError("request-invalid", message);
  }
}
