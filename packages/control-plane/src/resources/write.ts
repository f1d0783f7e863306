import type { Schema } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";
import { isGroupName } from "../groups/name.ts";
import { takenMessage } from "../store/apply.ts";
import {
  type Change,
  type Entry,
  type GroupState,
  keyOf,
  MAX_LABEL_LENGTH,
  type Owner,
  type StoreState,
} from "../store/store.ts";
import type { CommitReport, Committer } from "../validation/commit.ts";
import { type Fault, formatFault, whereOf } from "../validation/fault.ts";
import { pointerOf } from "../validation/pointer.ts";
import { breather } from "./breather.ts";
import type { ParseResource } from "./parse.ts";

/** The owner of what comes over the admin API. */
export const API_OWNER: Owner = "api";

/** Settings of one write. */
export interface WriteOptions {
  /** Checks and tells, but changes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** Settings of {@link ResourceWriter.replaceOwned}. */
export interface ReplaceOptions extends WriteOptions {
  /** By type URL: names the content of that type, in wildcard SotW responses, verbatim. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Whether the group may be left without any resource. Default `false`. */
  readonly allowEmpty?: boolean | undefined;
}

/** What came of a write. */
export interface WriteReport {
  /** The revision that holds the content; for a dry run the present one. */
  readonly revision: number;
  /** Whether anything differs from before. */
  readonly changed: boolean;
  /** The group as it is (dry run: would be) now; `undefined`: it is no more. */
  readonly group: GroupState | undefined;
  /** Types that the owner defines in the group now, or did before. */
  readonly typeUrls: readonly string[];
  readonly warnings: readonly Fault[];
}

/** Writes what one owner manages of a group. */
export interface ResourceWriter {
  /**
   * Makes the given resources (ProtoJSON with `@type`, or in Envoy's `Resource` wrapper) all that the owner manages of
   * the group, at once or not at all. Faults point into a body `{"resources": […], "versions": {…}}`.
   *
   * @throws FairleadError `resources-invalid`, `name-taken`, `label-conflict`, `group-invalid`, `group-emptied`, `store-closed`
   */
  replaceOwned(
    owner: Owner,
    group: string,
    resources: readonly unknown[],
    options?: ReplaceOptions,
  ): Promise<WriteReport>;
  /**
   * Takes away all that the owner manages of the group, and forgets its labels. Without another owner the group ceases to
   * be, and its proxies keep what they have.
   *
   * @throws FairleadError `group-unknown` if the owner manages nothing of it, `resources-invalid`, `store-closed`
   */
  withdrawOwned(owner: Owner, group: string, options?: WriteOptions): Promise<WriteReport>;
}

/** A writer that commits by `committer` what `parse` reads. */
export function createResourceWriter(committer: Committer, schema: Schema, parse: ParseResource): ResourceWriter {
  return {
    async replaceOwned(owner, group, resources, options = {}) {
      if (!isGroupName(group)) {
        throw new FairleadError(
          "group-invalid",
          `${JSON.stringify(group)} cannot name a group: use no slashes, spaces or controls, and no dot first`,
        );
      }
      const labels = new Map(Object.entries(options.labels ?? {}));
      const { entries, faults } = await readAll(owner, group, resources, parse);
      const all = [...faults, ...labelFaults(labels, schema, group)];
      const errors = all.filter((fault) => fault.severity === "error");
      if (errors.length > 0) refuse("resources-invalid", errors);
      let typeUrls: readonly string[] = [];
      const report = await committer.commit(
        (state) => {
          typeUrls = typesOf(owner, state.groups.get(group), entries);
          if (entries.length === 0 && !options.allowEmpty) refuseEmptying(owner, group, state);
          return [replacement(owner, group, entries, labels, state)];
        },
        { dryRun: options.dryRun ?? false },
      );
      return toReport(report, group, typeUrls, all);
    },

    async withdrawOwned(owner, group, options = {}) {
      let typeUrls: readonly string[] = [];
      const report = await committer.commit(
        (state) => {
          if (!state.groups.get(group)?.owners.has(owner)) {
            throw new FairleadError("group-unknown", `${owner} manages nothing of group ${JSON.stringify(group)}`);
          }
          typeUrls = typesOf(owner, state.groups.get(group), []);
          return [{ kind: "withdraw", group, owner }];
        },
        { dryRun: options.dryRun ?? false },
      );
      return toReport(report, group, typeUrls, []);
    },
  };
}

async function readAll(
  owner: Owner,
  group: string,
  resources: readonly unknown[],
  parse: ParseResource,
): Promise<{ readonly entries: readonly Entry[]; readonly faults: readonly Fault[] }> {
  const entries = new Map<string, Entry>();
  const faults: Fault[] = [];
  const pause = breather();
  for (const [index, json] of resources.entries()) {
    const pointer = pointerOf(["resources", index]);
    const parsed = parse(json);
    faults.push(...parsed.faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer, group })));
    if (!parsed.resource) continue;
    const place = { file: undefined, pointer: pointer + parsed.inner, line: undefined, column: undefined };
    const entry = { resource: parsed.resource, owner, place };
    const twin = entries.get(keyOf(entry.resource));
    if (twin) faults.push(duplicate(group, entry, twin));
    else entries.set(keyOf(entry.resource), entry);
    await pause();
  }
  return { entries: [...entries.values()], faults };
}

function labelFaults(labels: ReadonlyMap<string, string>, schema: Schema, group: string): Fault[] {
  const fault = (typeUrl: string, rule: string, message: string): Fault => {
    return { severity: "error", rule, message, pointer: pointerOf(["versions", typeUrl]), group, typeUrl };
  };
  return [...labels].flatMap(([typeUrl, label]) => {
    if (!schema.messageOf(typeUrl))
      return [fault(typeUrl, "label.type", `unknown type ${typeUrl}; expected a type URL`)];
    if (label.length > 0 && label.length <= MAX_LABEL_LENGTH && label.isWellFormed()) return [];
    return [fault(typeUrl, "label.length", `expected 1 to ${MAX_LABEL_LENGTH} characters, found ${label.length}`)];
  });
}

function replacement(
  owner: Owner,
  group: string,
  upsert: readonly Entry[],
  labels: ReadonlyMap<string, string>,
  state: StoreState,
): Change {
  const kept = new Set(upsert.map(({ resource }) => keyOf(resource)));
  const owned = state.groups.get(group)?.owners.get(owner)?.values() ?? [];
  const remove = [...owned].filter((key) => !kept.has(keyOf(key)));
  return { kind: "update", group, owner, upsert, remove, labels };
}

function refuseEmptying(owner: Owner, group: string, state: StoreState): void {
  const owners = state.groups.get(group)?.owners ?? new Map();
  for (const [other, keys] of owners) if (other !== owner && keys.size > 0) return;
  throw new FairleadError(
    "group-emptied",
    `group ${group} would be left without any resource, and its proxies with it; ask for that with allowEmpty, or DELETE the group's resources, which leaves its proxies what they have`,
  );
}

function typesOf(owner: Owner, group: GroupState | undefined, entries: readonly Entry[]): string[] {
  const before = [...(group?.owners.get(owner)?.values() ?? [])].map((key) => key.typeUrl);
  return [...new Set([...before, ...entries.map((entry) => entry.resource.typeUrl)])].sort();
}

function toReport(
  { revision, changed, state, warnings }: CommitReport,
  group: string,
  typeUrls: readonly string[],
  faults: readonly Fault[],
): WriteReport {
  return { revision, changed, group: state.groups.get(group), typeUrls, warnings: [...faults, ...warnings] };
}

function duplicate(group: string, entry: Entry, twin: Entry): Fault {
  const { typeUrl, name } = entry.resource;
  const message = takenMessage(group, entry, twin);
  return { severity: "error", rule: "name.duplicate", message, ...whereOf(entry.place), group, typeUrl, name };
}

function refuse(code: "resources-invalid", faults: readonly Fault[]): never {
  throw new FairleadError(code, faults.map(formatFault).join("\n"), { faults });
}
