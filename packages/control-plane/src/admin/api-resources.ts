import { FairleadError } from "../errors.ts";
import { breather } from "../resources/breather.ts";
import type { ParseResource } from "../resources/parse.ts";
import { sourceChannel } from "../sources/channels.ts";
import { compareGroups, type Difference } from "../store/compare.ts";
import {
  type Change,
  type Entry,
  entryOf,
  formatPlace,
  type GroupState,
  keyOf,
  type ResourceKey,
} from "../store/store.ts";
import type { CommitReport, Committer } from "../validation/commit.ts";
import { type Fault, formatFault } from "../validation/fault.ts";
import { changedTypes } from "./describe-revision.ts";
import { groupUnknown } from "./group-unknown.ts";
import { parseType } from "./parse-type.ts";
import { type Precondition, requirePrecondition } from "./precondition.ts";

/** The owner, in the store, of what comes over the admin API. */
export const API_OWNER = "api";

const committed = sourceChannel("fairlead:source:committed");

/** What the admin API is to manage of a group. */
export interface WantedResources {
  /** ProtoJSON with `@type`. */
  readonly resources: readonly unknown[];
  /** Versions of the user's own, by type URL. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
}

/** A change of some of what the admin API manages of a group. */
export interface ResourcesPatch {
  /** ProtoJSON with `@type`, to be added or to replace what has the name. */
  readonly upsert?: readonly unknown[] | undefined;
  /** What to take away; what is not there is passed over. The type is a type URL or a short name. */
  readonly remove?: readonly { readonly type: string; readonly name: string }[] | undefined;
  readonly versions?: Readonly<Record<string, string>> | undefined;
}

/** A change made over the admin API, or with `dryRun` one that could be. */
export interface ApiWrite {
  readonly report: CommitReport;
  /** The group as it was; `undefined`: there was none. */
  readonly before: GroupState | undefined;
  /** What is doubtful, yet served. */
  readonly warnings: readonly Fault[];
  readonly differences: readonly Difference[];
  /** The types that differ for proxies; all of the group's where nothing was changed. */
  readonly typeUrls: ReadonlySet<string>;
  /** When it was made, ms since the epoch; 0 where nothing was changed. */
  readonly committedAtMs: number;
}

/** What the admin API manages in the store. Writes follow one another, each on what the one before left. */
export interface ApiResources {
  /**
   * Replaces atomically what the API manages of a group.
   *
   * @throws FairleadError `resources-invalid` with all faults, `group-emptied`, `precondition-failed`, and what a commit throws
   */
  replace(group: string, wanted: WantedResources, options: EmptyableWriteOptions): Promise<ApiWrite>;
  /**
   * Adds, replaces and removes some of it atomically.
   *
   * @throws FairleadError as {@link ApiResources.replace} does, and `name-taken` for a removal of what another owner defines
   */
  patch(group: string, patch: ResourcesPatch, options: EmptyableWriteOptions): Promise<ApiWrite>;
  /** Takes away all that the API manages of a group, and forgets its labels. */
  withdraw(group: string, options: WriteOptions): Promise<ApiWrite>;
}

/** How a write is to be done. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly precondition: Precondition;
  /** Who asks, by their own word. */
  readonly author?: string | undefined;
  /** Why, in the words of whoever asks. */
  readonly reason?: string | undefined;
}

/** How a write is to be done that could empty the group. */
export interface EmptyableWriteOptions extends WriteOptions {
  /** Whether the group may be left without any resource. */
  readonly allowEmpty: boolean;
}

/** Writes what comes over the admin API to the store, by way of its committer. */
export function createApiResources(committer: Committer, parse: ParseResource): ApiResources {
  /** `changeOf` is asked for the change of the state that it will be applied to. */
  const write = async (
    group: string,
    { dryRun, precondition, author, reason }: WriteOptions,
    changeOf: (state: GroupState | undefined) => Change,
  ): Promise<ApiWrite> => {
    let before: GroupState | undefined;
    let committedAtMs = 0;
    const report = await committer.commit(
      (state) => {
        before = state.groups.get(group);
        committedAtMs = Date.now();
        requirePrecondition(precondition, `Group ${group}`, before);
        return [changeOf(before)];
      },
      { dryRun, author, reason },
    );
    const after = report.state.groups.get(group);
    const differences = compareGroups(before, after);
    const { warnings } = report;
    if (!report.changed) {
      return { report, before, warnings, differences, typeUrls: new Set(after?.types.keys()), committedAtMs: 0 };
    }
    if (!dryRun) {
      const { revision } = report;
      const tookMs = Date.now() - committedAtMs;
      committed.publish({ source: API_OWNER, author, reason, revision, groups: [group], warnings, tookMs });
    }
    const typeUrls = changedTypes(differences, before, after);
    return { report, before, warnings, differences, typeUrls, committedAtMs };
  };

  return {
    async replace(group, wanted, options) {
      const { entries: upsert, warnings } = await readEntries(wanted.resources, "/resources", parse);
      const labels = readLabels(wanted.versions ?? {});
      const done = await write(group, options, (state) => {
        const remove = missingFrom(upsert, state);
        if (!options.allowEmpty) refuseEmptying(group, state, { upsert, remove });
        return { kind: "update", group, owner: API_OWNER, upsert, remove, labels };
      });
      return { ...done, warnings: [...warnings, ...done.warnings] };
    },
    async patch(group, patch, options) {
      const { entries: upsert, warnings } = await readEntries(patch.upsert ?? [], "/upsert", parse);
      const removals = readRemovals(patch.remove ?? [], upsert);
      const labels = readLabels(patch.versions ?? {});
      const done = await write(group, options, (state) => {
        refuseForeign(group, state, removals);
        const held = removals.filter((key) => entryOf(state, key));
        const remove = [...new Map(held.map((key) => [keyOf(key), key])).values()]; // a name may be asked for twice
        if (!options.allowEmpty) refuseEmptying(group, state, { upsert, remove });
        return { kind: "update", group, owner: API_OWNER, upsert, remove, labels };
      });
      return { ...done, warnings: [...warnings, ...done.warnings] };
    },
    withdraw: (group, options) =>
      write(group, options, (state) => {
        if (!state) throw groupUnknown(group);
        return { kind: "withdraw", group, owner: API_OWNER };
      }),
  };
}

interface Read {
  readonly entries: readonly Entry[];
  readonly warnings: readonly Fault[];
}

async function readEntries(resources: readonly unknown[], root: string, parse: ParseResource): Promise<Read> {
  const entries: Entry[] = [];
  const faults: Fault[] = [];
  const pointerByKey = new Map<string, string>();
  const breathe = breather();
  for (const [index, json] of resources.entries()) {
    await breathe();
    const pointer = `${root}/${index}`;
    const { resource, inner, faults: found } = parse(json);
    faults.push(...found.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })));
    if (!resource) continue;
    const first = pointerByKey.get(keyOf(resource));
    if (first !== undefined) faults.push(duplicate(resource, pointer, first));
    pointerByKey.set(keyOf(resource), pointer);
    const place = { file: undefined, pointer: pointer + inner, line: undefined, column: undefined };
    entries.push({ resource, owner: API_OWNER, place });
  }
  const errors = faults.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw invalid(errors);
  return { entries, warnings: faults };
}

function invalid(errors: readonly Fault[]): FairleadError {
  const message = `${errors.length} fault${errors.length === 1 ? "" : "s"}, nothing was changed: ${formatFault(errors[0]!)}`;
  return new FairleadError("resources-invalid", message, { faults: errors });
}

/** A removal, and where the request has it. */
interface Removal extends ResourceKey {
  readonly pointer: string;
}

function readRemovals(asked: NonNullable<ResourcesPatch["remove"]>, upsert: readonly Entry[]): Removal[] {
  const upserted = new Set(upsert.map(({ resource }) => keyOf(resource)));
  const removals = asked.map(({ type, name }, index) => {
    return { typeUrl: parseType(type), name, pointer: `/remove/${index}` };
  });
  const faults = removals
    .filter((removal) => upserted.has(keyOf(removal)))
    .map(({ pointer, typeUrl, name }): Fault => {
      const message = `${JSON.stringify(name)} is both to be removed and to be upserted: leave one out`;
      return { severity: "error", rule: "name.duplicate", message, pointer, typeUrl, name };
    });
  if (faults.length > 0) throw invalid(faults);
  return removals;
}

function refuseForeign(group: string, state: GroupState | undefined, removals: readonly Removal[]): void {
  const faults = removals.flatMap((removal): Fault[] => {
    const held = entryOf(state, removal);
    if (!held || held.owner === API_OWNER) return [];
    const { pointer, typeUrl, name } = removal;
    const message = `${JSON.stringify(name)} is not the API's to remove: ${held.owner} defines it at ${formatPlace(held.place)}`;
    return [{ severity: "error", rule: "name.taken", message, pointer, group, typeUrl, name }];
  });
  if (faults.length > 0) throw new FairleadError("name-taken", faults.map(formatFault).join("\n"), { faults });
}

function duplicate({ typeUrl, name }: ResourceKey, pointer: string, first: string): Fault {
  const message = `${JSON.stringify(name)} is defined twice in this request, first at ${first}: remove one`;
  return { severity: "error", rule: "name.duplicate", message, pointer, typeUrl, name };
}

function readLabels(versions: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(versions).map(([type, label]) => [parseType(type), label]));
}

/** What the API manages of the group and is no longer wanted. */
function missingFrom(wanted: readonly Entry[], state: GroupState | undefined): ResourceKey[] {
  const keys = new Set(wanted.map(({ resource }) => keyOf(resource)));
  return [...(state?.owners.get(API_OWNER)?.values() ?? [])].filter((key) => !keys.has(keyOf(key)));
}

function refuseEmptying(
  group: string,
  state: GroupState | undefined,
  { upsert, remove }: { readonly upsert: readonly Entry[]; readonly remove: readonly ResourceKey[] },
): void {
  const held = [...(state?.owners.values() ?? [])].reduce((sum, keys) => sum + keys.size, 0);
  if (upsert.length > 0 || held === 0 || remove.length < held) return;
  const message = `Group ${group} would be left without any resource; with allowEmpty=true (--allow-empty) it is done all the same.`;
  throw new FairleadError("group-emptied", message);
}
