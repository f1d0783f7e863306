import { FairleadError } from "../errors.ts";
import { breather } from "../resources/breather.ts";
import type { ParseResource } from "../resources/parse.ts";
import { sourceChannel } from "../sources/channels.ts";
import { type Change, type Entry, type GroupState, keyOf, type ResourceKey } from "../store/store.ts";
import type { CommitReport, Committer } from "../validation/commit.ts";
import { type Fault, formatFault } from "../validation/fault.ts";
import { parseType } from "./parse-type.ts";

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

/** A change made over the admin API, or with `dryRun` one that could be. */
export interface ApiWrite {
  readonly report: CommitReport;
  /** What is doubtful, yet served. */
  readonly warnings: readonly Fault[];
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
   * @throws FairleadError `resources-invalid` with all faults, `group-emptied`, and what a commit throws
   */
  replace(group: string, wanted: WantedResources, options: ReplaceOptions): Promise<ApiWrite>;
  /** Takes away all that the API manages of a group, and forgets its labels. */
  withdraw(group: string, options: { readonly dryRun: boolean }): Promise<ApiWrite>;
}

/** Options of {@link ApiResources.replace}. */
export interface ReplaceOptions {
  readonly dryRun: boolean;
  /** Whether the group may be left without any resource. */
  readonly allowEmpty: boolean;
}

/** Writes what comes over the admin API to the store, by way of its committer. */
export function createApiResources(committer: Committer, parse: ParseResource): ApiResources {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };

  const write = async (change: Change, dryRun: boolean): Promise<ApiWrite> => {
    const before = committer.store.state().groups.get(change.group);
    const committedAtMs = Date.now();
    const report = await committer.commit([change], { dryRun });
    const after = report.state.groups.get(change.group);
    const { warnings } = report;
    if (report.changed && !dryRun) {
      const { revision } = report;
      const tookMs = Date.now() - committedAtMs;
      committed.publish({ source: API_OWNER, revision, groups: [change.group], warnings, tookMs });
    }
    if (!report.changed) return { report, warnings, typeUrls: new Set(after?.types.keys()), committedAtMs: 0 };
    return { report, warnings, typeUrls: changedTypes(before, after), committedAtMs };
  };

  return {
    async replace(group, wanted, { dryRun, allowEmpty }) {
      const { entries: upsert, warnings } = await readEntries(wanted.resources, parse);
      const labels = readLabels(wanted.versions ?? {});
      return inTurn(async () => {
        const state = committer.store.state().groups.get(group);
        const remove = missingFrom(upsert, state);
        if (!allowEmpty) refuseEmptying(group, state, upsert.length);
        const done = await write({ kind: "update", group, owner: API_OWNER, upsert, remove, labels }, dryRun);
        return { ...done, warnings: [...warnings, ...done.warnings] };
      });
    },
    withdraw: (group, { dryRun }) => inTurn(() => write({ kind: "withdraw", group, owner: API_OWNER }, dryRun)),
  };
}

interface Read {
  readonly entries: readonly Entry[];
  readonly warnings: readonly Fault[];
}

async function readEntries(resources: readonly unknown[], parse: ParseResource): Promise<Read> {
  const entries: Entry[] = [];
  const faults: Fault[] = [];
  const pointerByKey = new Map<string, string>();
  const breathe = breather();
  for (const [index, json] of resources.entries()) {
    await breathe();
    const pointer = `/resources/${index}`;
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
  if (errors.length === 0) return { entries, warnings: faults };
  const message = `${errors.length} fault${errors.length === 1 ? "" : "s"}, nothing was changed: ${formatFault(errors[0]!)}`;
  throw new FairleadError("resources-invalid", message, { faults: errors });
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

function refuseEmptying(group: string, state: GroupState | undefined, wanted: number): void {
  const held = [...(state?.owners ?? [])];
  const others = held.filter(([owner]) => owner !== API_OWNER);
  const count = (owners: typeof held) => owners.reduce((sum, [, keys]) => sum + keys.size, 0);
  if (wanted > 0 || count(held) === 0 || count(others) > 0) return;
  const message = `Group ${group} would be left without any resource; with allowEmpty=true it is done all the same.`;
  throw new FairleadError("group-emptied", message);
}

function changedTypes(before: GroupState | undefined, after: GroupState | undefined): Set<string> {
  const changed = new Set<string>();
  for (const typeUrl of after?.types.keys() ?? []) {
    if (before?.types.get(typeUrl) !== after?.types.get(typeUrl)) changed.add(typeUrl);
  }
  // A group that is gone changes nothing for its proxies: they keep what they have.
  if (after) for (const typeUrl of before?.types.keys() ?? []) if (!after.types.has(typeUrl)) changed.add(typeUrl);
  for (const [typeUrl, label] of after?.labels ?? []) if (before?.labels.get(typeUrl) !== label) changed.add(typeUrl);
  return changed;
}
