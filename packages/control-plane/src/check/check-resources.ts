import { NO_FACTS } from "@fairlead/envoy-api";
import { createResource } from "@fairlead/xds";
import type { ReferenceRules } from "../config/config.ts";
import { type Includes, NO_INCLUDES } from "../groups/includes.ts";
import type { ParseResource } from "../resources/parse.ts";
import { assemble } from "../sources/files/assemble.ts";
import { FILE_OWNER } from "../sources/files/files-source.ts";
import type { FileContent } from "../sources/files/parse-file.ts";
import type { ProgramOptions } from "../sources/files/parse-program.ts";
import { createFileReader, type FileReader } from "../sources/files/read-changes.ts";
import { type Scan, scan } from "../sources/files/scan.ts";
import { createYamlReader } from "../sources/files/yaml-thread.ts";
import { applyChanges } from "../store/apply.ts";
import { compose, NOTHING_COMPOSED } from "../store/compose.ts";
import { diffStates } from "../store/diff.ts";
import { type Change, type Entry, keyOf, type StoreState } from "../store/store.ts";
import type { Fault } from "../validation/fault.ts";
import { createReferenceIndex } from "../validation/reference-index.ts";

/** Looks at all that is well in itself, and says what is wrong with it nevertheless: places as the entries have them. */
export type Judge = (state: StoreState) => readonly Fault[] | Promise<readonly Fault[]>;

/** Settings of {@link checkResources}. */
export interface CheckOptions {
  /** The directory. */
  readonly root: string;
  readonly parse: ParseResource;
  /** How resource files in TypeScript are run; `undefined`: they are not. */
  readonly programs: ProgramOptions | undefined;
  /** How a reference that leads nowhere is judged. */
  readonly references: ReferenceRules;
  /** Which groups include which. Default: none any. */
  readonly includes?: Includes;
  /** Whether a group may hold nothing. */
  readonly allowEmpty: boolean;
  /** What else is to be looked at. Default: nothing. */
  readonly judges?: readonly Judge[];
}

/** What came of a check. */
export interface Checked {
  /** All that is wrong, files relative to the directory; in the order of their places. */
  readonly faults: readonly Fault[];
  /** What is well in itself. */
  readonly state: StoreState;
  readonly counts: { readonly files: number; readonly groups: number; readonly resources: number };
}

/** Attempts to read a file that somebody is writing. */
const MAX_ATTEMPTS = 20;

/**
 * Looks at a directory of resource files as `serve` would at its start, and says everything that is wrong with it at
 * once. What is faulty counts as being there: what refers to it is not at fault too.
 *
 * @throws the system's error if the directory itself cannot be read
 */
export async function checkResources(options: CheckOptions): Promise<Checked> {
  const { root, parse, programs, references, includes = NO_INCLUDES, allowEmpty, judges = [] } = options;
  const yaml = createYamlReader();
  try {
    const reader = createFileReader({ root, owner: FILE_OWNER, parse, yaml, programs, settleMs: 0 });
    const found = await scan(root);
    const faults = [...(await readAll(reader, found))];
    if (found.files.length === 0 && faults.length === 0 && !allowEmpty) faults.push(NO_FILES);
    const unjudged = new Set(faults.map(({ group }) => group));
    const well: Change[] = [];
    const trial: Change[] = [];
    for (const [group, files] of reader.contents()) {
      const judged = checkGroup(group, files, allowEmpty || unjudged.has(group));
      faults.push(...judged.faults);
      well.push(changeOf(group, judged.entries));
      // Nobody knows what an unreadable file would have held.
      if (!judged.isWhole || unjudged.has(group)) continue;
      trial.push(changeOf(group, [...judged.entries, ...judged.faulty]));
    }
    const { state } = applyChanges(NOTHING, well, 1);
    const late = danglingIn(trial, references, includes);
    for (const judge of judges) late.push(...(await judge(state)));
    faults.push(...(await reader.locate(late)));
    const resources = well.reduce((sum, change) => sum + (change.kind === "update" ? change.upsert.length : 0), 0);
    const counts = { files: found.files.length, groups: well.length, resources };
    return { faults: sortFaults(faults), state, counts };
  } finally {
    await yaml.close();
  }
}

/** A directory that was mistyped, or not mounted, must not look as if all were well. */
const NO_FILES: Fault = {
  severity: "error",
  rule: "file.none",
  message:
    "there is nothing to check: no resource file (*.yaml, *.yml, *.json, *.ts) is in it or below it; " +
    "name the directory that has them, or set allowEmpty: true if there are to be none",
  pointer: "",
  file: ".",
};

const NOTHING = NOTHING_COMPOSED.stored;

async function readAll(reader: FileReader, found: Scan): Promise<readonly Fault[]> {
  for (let left = MAX_ATTEMPTS; ; left--) {
    const { unjudged, againInMs } = await reader.readChanges(found, { isPatient: false });
    const faults = [...unjudged.values()].flat();
    if (againInMs === undefined) return faults;
    if (left > 1) {
      await new Promise((resolve) => setTimeout(resolve, againInMs));
      continue;
    }
    const message = "changes while it is read: check again when it is written";
    return [...faults, ...[...unjudged.keys()].map((group) => unreadGroup(group, message))];
  }
}

function unreadGroup(group: string, message: string): Fault {
  return {
    severity: "error",
    rule: "file.unreadable",
    message: `a file of group ${group} ${message}`,
    pointer: "",
    group,
  };
}

interface CheckedGroup {
  readonly faults: readonly Fault[];
  /** The first of each name. */
  readonly entries: readonly Entry[];
  /** What stands in for resources that are not well. */
  readonly faulty: readonly Entry[];
  /** Whether every fault is one of a resource whose name is known. */
  readonly isWhole: boolean;
}

function checkGroup(group: string, files: ReadonlyMap<string, FileContent>, allowEmpty: boolean): CheckedGroup {
  const contents = [...files.values()];
  const errors = contents.flatMap((content) => content.errors);
  const readable = new Map([...files].map(([path, content]) => [path, { ...content, errors: [] }]));
  const assembled = assemble({
    group,
    owner: FILE_OWNER,
    seen: readable,
    committed: new Map(),
    isRestored: false,
    state: undefined,
    allowEmpty: allowEmpty || errors.length > 0,
    hasDirectory: true,
  });
  const entries = new Map<string, Entry>();
  for (const entry of contents.flatMap((content) => content.entries)) {
    if (!entries.has(keyOf(entry.resource))) entries.set(keyOf(entry.resource), entry);
  }
  const faulty = new Map<string, Entry>();
  for (const { typeUrl, name, file } of errors) {
    if (typeUrl === undefined || name === undefined || entries.has(keyOf({ typeUrl, name }))) continue;
    faulty.set(keyOf({ typeUrl, name }), standIn(typeUrl, name, file));
  }
  return {
    faults: [
      ...errors,
      ...contents.flatMap((content) => content.warnings),
      ...(assembled.kind === "faulty" ? assembled.faults : []),
    ],
    entries: [...entries.values()],
    faulty: [...faulty.values()],
    isWhole: errors.every(({ typeUrl, name }) => typeUrl !== undefined && name !== undefined),
  };
}

function standIn(typeUrl: string, name: string, file: string | undefined): Entry {
  const resource = createResource({ typeUrl, name, value: new Uint8Array(), facts: NO_FACTS });
  return { resource, owner: FILE_OWNER, place: { file, pointer: "", line: undefined, column: undefined } };
}

function changeOf(group: string, upsert: readonly Entry[]): Change {
  return { kind: "update", group, owner: FILE_OWNER, upsert, remove: [] };
}

function danglingIn(changes: readonly Change[], references: ReferenceRules, includes: Includes): Fault[] {
  const composed = compose(includes, NOTHING_COMPOSED, applyChanges(NOTHING, changes, 1).state);
  const found = createReferenceIndex(references).check(composed, diffStates(NOTHING, composed.served));
  return [...new Set([...found.values()].flat())];
}

/** In the order of files, and of places in them; what has no place comes first. */
export function sortFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted(
    (a, b) =>
      compare(a.file ?? "", b.file ?? "") ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compare(a.pointer, b.pointer) ||
      compare(a.rule, b.rule),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
