import type { ParseResource } from "../../resources/parse.ts";
import type { Change, Owner } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import { type Fault, formatFault } from "../../validation/fault.ts";
import { sourceChannel } from "../channels.ts";
import type { FaultyGroup, Source, SourceStatus } from "../source.ts";
import { assemble } from "./assemble.ts";
import { digestOf, type FileContent, locateFaults, parseFile } from "./parse-file.ts";
import { readWhole } from "./read-file.ts";
import { type FoundFile, type Scan, scan, unreadable } from "./scan.ts";
import { type DirectoryWatch, watchDirectories } from "./watch.ts";
import { createYamlReader } from "./yaml-thread.ts";

/** Settings of {@link createFilesSource}. */
export interface FilesSourceOptions {
  /** Absolute path of the directory. */
  readonly root: string;
  readonly committer: Committer;
  readonly parse: ParseResource;
  /** Whether files may leave a group without any resource. Default `false`: taken for an accident. */
  readonly allowEmpty?: boolean;
  /** Quiet time after the last sign of a change, ms. Default 100. */
  readonly debounceMs?: number;
  /** Time given to a file that looks half written, ms. Default 1,000. */
  readonly settleMs?: number;
  /** How often to look without any sign, ms. Default 5,000. */
  readonly pollMs?: number;
}

/** The owner of what comes from files. */
export const FILE_OWNER: Owner = "file";

/** Resources from files; {@link createFilesSource} makes one. */
export interface FilesSource extends Source {
  /** Looks now; resolves when what was found is committed. */
  refresh(): Promise<void>;
}

/** A file whose times are younger than this may change again without a new signature. */
const RACY_MS = 2_000;

interface KnownFile {
  readonly group: string;
  signature: string;
  /** Whether the same signature will mean the same content. */
  isSettled: boolean;
  content: FileContent;
}

/**
 * A directory of resource files as a {@link Source}: watched, and every burst of changes is one atomic commit of all
 * groups that are well. A group that is not keeps its last good state.
 *
 * A file is taken up when it has been left alone for `debounceMs`, is unchanged by reading it, and does not look half
 * written: YAML without a final newline, or text that does not parse, is given `settleMs` to be completed. What is read
 * is compared by digest, so a file that was touched does nothing.
 */
export function createFilesSource(options: FilesSourceOptions): FilesSource {
  const { root, committer, parse, allowEmpty = false, debounceMs = 100, settleMs = 1_000, pollMs = 5_000 } = options;
  const yaml = createYamlReader();
  const known = new Map<string, KnownFile>();
  const committed = new Map<string, Map<string, FileContent>>();
  const faultyGroups = new Map<string, FaultyGroup>();
  let rootFaults: { readonly faults: readonly Fault[]; readonly sinceMs: number } | undefined;
  let groupsOfFiles: ReadonlySet<string> = new Set();
  let isLoaded = false;
  let isClosed = false;
  let watch: DirectoryWatch | undefined;
  let unwatchStore = () => {};
  let quiet: NodeJS.Timeout | undefined;
  let settle: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let firstSignAt: number | undefined;
  let refreshing: Promise<void> = Promise.resolve();

  /** Looks after a while of quiet; a stream of changes that never rests is looked at all the same. */
  function schedule(): void {
    if (isClosed) return;
    firstSignAt ??= performance.now();
    const patienceMs = firstSignAt + 10 * debounceMs - performance.now();
    clearTimeout(quiet);
    quiet = setTimeout(() => void refresh(), Math.max(0, Math.min(debounceMs, patienceMs)));
  }

  function lookAgain(afterMs: number): void {
    clearTimeout(settle);
    settle = setTimeout(() => void refresh(), afterMs);
  }

  function refresh(): Promise<void> {
    refreshing = refreshing.then(async () => {
      if (isClosed) return;
      clearTimeout(quiet);
      quiet = undefined;
      const since = firstSignAt ?? performance.now();
      firstSignAt = undefined;
      try {
        await look(since);
      } catch (error) {
        // The store, most likely: the next poll tries again.
        const message = `cannot be committed: ${(error as Error).message}`;
        reportRoot([{ severity: "error", rule: "source.failed", message, pointer: "" }]);
      }
    });
    return refreshing;
  }

  async function look(since: number): Promise<void> {
    const found = await scanRoot();
    if (!found) return;
    if (watch?.sync(found.directories)) schedule(); // what changed before the watch began was not told
    const broken = await readChanged(found);
    await commitGroups(found, broken, since);
    isLoaded = true;
  }

  async function scanRoot(): Promise<Scan | undefined> {
    let found: Scan;
    try {
      found = await scan(root);
    } catch (error) {
      watch?.sync([]);
      const message = `${root} cannot be read: ${(error as Error).message}; what was loaded from it is kept`;
      reportRoot([{ severity: "error", rule: "file.unreadable", message, pointer: "" }]);
      return undefined;
    }
    reportRoot([]);
    groupsOfFiles = new Set(found.files.map(({ group }) => group));
    return found;
  }

  /** Brings `known` up to date; says which groups can't be judged now, with faults if it is more than a matter of time. */
  async function readChanged(found: Scan): Promise<Map<string, readonly Fault[]>> {
    const broken = new Map<string, readonly Fault[]>();
    const hold = (group: string, faults: readonly Fault[]) => {
      broken.set(group, [...(broken.get(group) ?? []), ...faults]);
    };
    for (const fault of found.faults) hold(fault.group ?? "", [fault]);
    const present = new Set(found.files.map(({ file }) => file));
    for (const file of known.keys()) if (!present.has(file)) known.delete(file);
    for (const file of found.files) {
      const before = known.get(file.file);
      if (before?.isSettled && before.signature === file.signature) continue;
      try {
        const verdict = await readOne(file, before);
        if (verdict === "wait") hold(file.group, []);
      } catch (error) {
        hold(file.group, [unreadable(file.file, file.group, error as Error)]);
      }
    }
    return broken;
  }

  async function readOne(file: FoundFile, before: KnownFile | undefined): Promise<"known" | "wait"> {
    const read = await readWhole(root, file);
    if (read.kind === "changing") {
      schedule();
      return "wait";
    }
    const age = Date.now() - file.changedAtMs;
    const isSettled = age > RACY_MS || age < 0;
    if (before && before.content.digest === digestOf(read.text)) {
      before.signature = file.signature;
      before.isSettled = isSettled;
      return "known";
    }
    const content = await parseFile(file, read.text, { owner: FILE_OWNER, parse, yaml, previous: before?.content });
    if (isLoaded && content.looksHalfWritten && age >= 0 && age < settleMs) {
      lookAgain(settleMs - age);
      return "wait";
    }
    known.set(file.file, { group: file.group, signature: file.signature, isSettled, content });
    return "known";
  }

  async function commitGroups(
    found: Scan,
    broken: ReadonlyMap<string, readonly Fault[]>,
    since: number,
  ): Promise<void> {
    const seen = Map.groupBy(known, ([, { group }]) => group);
    const changes: Change[] = [];
    const contents = new Map<string, Map<string, FileContent>>();
    for (const group of new Set([...seen.keys(), ...committed.keys(), ...faultyGroups.keys(), ...broken.keys()])) {
      const faults = broken.get(group);
      if (faults) {
        if (faults.length > 0) reportGroup(group, faults);
        continue; // it waits for a file to be completed, or can't be read
      }
      const files = new Map(seen.get(group)?.map(([path, { content }]) => [path, content]));
      const before = committed.get(group) ?? new Map<string, FileContent>();
      const isGone = files.size === 0 && committed.has(group) && !found.groups.has(group);
      if (isSameMap(files, before) && !isGone) {
        reportGroup(group, []);
        continue;
      }
      const assembled = assemble({
        group,
        owner: FILE_OWNER,
        seen: files,
        committed: before,
        state: committer.store.state().groups.get(group),
        allowEmpty,
        hasDirectory: found.groups.has(group),
      });
      if (assembled.kind === "faulty") reportGroup(group, assembled.faults);
      else {
        changes.push(assembled.change);
        contents.set(group, files);
      }
    }
    if (changes.length > 0) await commit(changes, contents, found, since);
  }

  async function commit(
    changes: readonly Change[],
    contents: ReadonlyMap<string, Map<string, FileContent>>,
    found: Scan,
    since: number,
  ): Promise<void> {
    const report = await committer.commit(changes, { leaveOutFaulty: true });
    const warnings = await locateInFiles(report.warnings);
    const groups: string[] = [];
    for (const [group, files] of contents) {
      const refused = report.refused.get(group);
      reportGroup(group, await locateInFiles(refused ?? []));
      if (refused) continue;
      groups.push(group);
      const before = committed.get(group);
      for (const [path, content] of files) if (before?.get(path) !== content) warnings.push(...content.warnings);
      if (files.size > 0 || found.groups.has(group)) committed.set(group, files);
      else committed.delete(group);
    }
    if (!report.changed && warnings.length === 0) return;
    const tookMs = performance.now() - since;
    const { revision } = report;
    sourceChannel("fairlead:source:committed").publish({ source: FILE_OWNER, revision, groups, warnings, tookMs });
  }

  /** Gives faults that were found in the whole (references, names) their places in the files they lie in. */
  async function locateInFiles(faults: readonly Fault[]): Promise<Fault[]> {
    const located: Fault[] = [];
    for (const [file, inFile] of Map.groupBy(faults, (fault) => fault.file)) {
      const digest = file === undefined ? undefined : known.get(file)?.content.digest;
      const text = file === undefined ? undefined : await readAgain(file, digest);
      if (text === undefined) located.push(...inFile);
      else
        located.push(
          ...(await locateFaults(
            inFile.map(({ column, ...fault }) => fault),
            text,
            yaml,
          )),
        );
    }
    return located;
  }

  /** The text that was read before; `undefined` if the file says something else by now. */
  async function readAgain(file: string, digest: string | undefined): Promise<string | undefined> {
    const read = await readWhole(root, { file }).catch(() => undefined);
    return read?.kind === "text" && digestOf(read.text) === digest ? read.text : undefined;
  }

  function reportGroup(group: string, faults: readonly Fault[]): void {
    const before = faultyGroups.get(group);
    if (faults.length === 0) {
      if (!before) return;
      faultyGroups.delete(group);
      const faultyMs = Date.now() - before.sinceMs;
      sourceChannel("fairlead:source:recovered").publish({ source: FILE_OWNER, group, faultyMs });
      return;
    }
    const isServed = committed.has(group);
    faultyGroups.set(group, { faults, sinceMs: before?.sinceMs ?? Date.now(), isServed });
    if (before && isSameFaults(before.faults, faults)) return;
    sourceChannel("fairlead:source:faulty").publish({ source: FILE_OWNER, group, faults });
  }

  function reportRoot(faults: readonly Fault[]): void {
    const before = rootFaults;
    if (faults.length === 0) {
      if (!before) return;
      rootFaults = undefined;
      const faultyMs = Date.now() - before.sinceMs;
      sourceChannel("fairlead:source:recovered").publish({ source: FILE_OWNER, group: undefined, faultyMs });
      return;
    }
    rootFaults = { faults, sinceMs: before?.sinceMs ?? Date.now() };
    if (before && isSameFaults(before.faults, faults)) return;
    sourceChannel("fairlead:source:faulty").publish({ source: FILE_OWNER, group: undefined, faults });
  }

  const warn = (message: string) => {
    sourceChannel("fairlead:source:warning").publish({ source: FILE_OWNER, message: `${message}; polling goes on` });
  };

  return {
    name: FILE_OWNER,
    async start() {
      watch = watchDirectories(root, () => schedule(), warn);
      // What another owner stands in the way of may come free.
      unwatchStore = committer.store.watch(committer.store.state().revision, (event) => {
        const groups = event.kind === "commit" ? event.commit.groups.keys() : event.state.groups.keys();
        if ([...groups].some((group) => faultyGroups.has(group))) schedule();
      });
      poll = setInterval(() => quiet ?? void refresh(), pollMs); // not in the middle of a burst
      await refresh();
    },
    async close() {
      isClosed = true;
      clearTimeout(quiet);
      clearTimeout(settle);
      clearInterval(poll);
      unwatchStore();
      watch?.close();
      await refreshing;
      await yaml.close();
    },
    refresh,
    status: (): SourceStatus => ({
      name: FILE_OWNER,
      isLoaded,
      faults: rootFaults?.faults ?? [],
      faultyGroups: new Map(faultyGroups),
    }),
    hasGroup: (group) => committed.has(group) || faultyGroups.has(group) || groupsOfFiles.has(group),
  };
}

function isSameMap<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function isSameFaults(a: readonly Fault[], b: readonly Fault[]): boolean {
  return a.length === b.length && a.every((fault, index) => formatFault(fault) === formatFault(b[index]!));
}
