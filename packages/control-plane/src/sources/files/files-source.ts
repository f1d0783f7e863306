import type { ParseResource } from "../../resources/parse.ts";
import type { Change, Owner } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import { sourceChannel } from "../channels.ts";
import type { Source } from "../source.ts";
import { trackFaults } from "../track-faults.ts";
import { assemble } from "./assemble.ts";
import type { FileContent } from "./parse-file.ts";
import { hasForNode, type ProgramContent, type ProgramOptions } from "./parse-program.ts";
import { createFileReader, type ReadChanges } from "./read-changes.ts";
import { type Scan, scan } from "./scan.ts";
import { type DirectoryWatch, watchDirectories } from "./watch.ts";
import { createYamlReader } from "./yaml-thread.ts";

/** Settings of {@link createFilesSource}. */
export interface FilesSourceOptions {
  /** Absolute path of the directory. */
  readonly root: string;
  readonly committer: Committer;
  readonly parse: ParseResource;
  /** How resource files in TypeScript are run. Default: they are not. */
  readonly programs?: ProgramOptions | undefined;
  /** Told which files of a group export `forNode`, whenever the group was committed; with their contents. Default: nobody is. */
  readonly nodePrograms?: ((group: string, programs: ReadonlyMap<string, ProgramContent>) => void) | undefined;
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

/** What the files of each group say, by group and path. */
type Contents = ReadonlyMap<string, ReadonlyMap<string, FileContent>>;

const NO_FILES: ReadonlyMap<string, FileContent> = new Map();

/**
 * A directory of resource files as a {@link Source}: watched, and every burst of changes is one atomic commit of all
 * groups that are well. A group that is not keeps its last good state.
 *
 * A file is taken up when it has been left alone for `debounceMs`, is unchanged by reading it, and does not look half
 * written: YAML without a final newline, or text that does not parse, is given `settleMs` to be completed. What is read
 * is compared by digest, so a file that was touched does nothing.
 */
export function createFilesSource(options: FilesSourceOptions): FilesSource {
  const {
    root,
    committer,
    parse,
    programs,
    allowEmpty = false,
    debounceMs = 100,
    settleMs = 1_000,
    pollMs = 5_000,
  } = options;
  const yaml = createYamlReader();
  const reader = createFileReader({
    root,
    owner: FILE_OWNER,
    parse,
    yaml,
    programs,
    settleMs,
    ended: () => schedule(),
  });
  const tracker = trackFaults(FILE_OWNER);
  const committed = new Map<string, ReadonlyMap<string, FileContent>>();
  /** Groups that a former process committed from files, and this one has not looked at with success. */
  const restored = new Set<string>();
  const isServed = (group: string) => committed.has(group) || restored.has(group);
  const loaded = Promise.withResolvers<void>();
  let isLoaded = false;
  let isClosed = false;
  let groups: ReadonlySet<string> = new Set();
  let groupsChanged = () => {};
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
        tracker.reportAll([{ severity: "error", rule: "source.failed", message, pointer: "" }]);
      }
    });
    return refreshing;
  }

  async function look(since: number): Promise<void> {
    const found = await scanRoot();
    if (!found) return;
    if (watch?.sync(found.directories)) schedule(); // what changed before the watch began was not told
    // At the start nobody is writing, and everybody is waiting.
    const changes = await reader.readChanges(found, { isPatient: isLoaded });
    if (isClosed) return; // programs that were ended for it are no fault of theirs
    if (changes.againInMs !== undefined) {
      clearTimeout(settle);
      settle = setTimeout(() => void refresh(), changes.againInMs);
    }
    await commitGroups(found, changes, since);
    tellGroups(found);
    isLoaded = true;
    loaded.resolve();
  }

  async function scanRoot(): Promise<Scan | undefined> {
    try {
      const found = await scan(root);
      tracker.reportAll([]);
      return found;
    } catch (error) {
      watch?.sync([]);
      const message = `${root} cannot be read: ${(error as Error).message}; what was loaded from it is kept`;
      tracker.reportAll([{ severity: "error", rule: "file.unreadable", message, pointer: "" }]);
      return undefined;
    }
  }

  async function commitGroups(found: Scan, { unjudged }: ReadChanges, since: number): Promise<void> {
    const seen = reader.contents();
    const faulty = tracker.faultyGroups();
    const changes: Change[] = [];
    const contents = new Map<string, ReadonlyMap<string, FileContent>>();
    for (const group of new Set([
      ...seen.keys(),
      ...committed.keys(),
      ...restored,
      ...faulty.keys(),
      ...unjudged.keys(),
    ])) {
      const faults = unjudged.get(group);
      if (faults) {
        if (faults.length > 0) tracker.reportGroup(group, faults, isServed(group));
        continue; // it waits for a file to be completed, or to be readable
      }
      const files = seen.get(group) ?? NO_FILES;
      const before = committed.get(group) ?? NO_FILES;
      const hasDirectory = found.groups.has(group);
      const isGone = files.size === 0 && committed.has(group) && !hasDirectory;
      const isRestored = restored.has(group);
      if (isSameMap(files, before) && !isGone && !isRestored) {
        tracker.reportGroup(group, [], true);
        continue;
      }
      const state = committer.store.state().groups.get(group);
      const part = {
        group,
        owner: FILE_OWNER,
        seen: files,
        committed: before,
        isRestored,
        state,
        allowEmpty,
        hasDirectory,
      };
      const assembled = assemble(part);
      if (assembled.kind === "faulty") {
        tracker.reportGroup(group, assembled.faults, isServed(group));
        continue;
      }
      changes.push(assembled.change);
      contents.set(group, files);
    }
    if (changes.length > 0) await commit(changes, contents, found, since);
  }

  async function commit(changes: readonly Change[], contents: Contents, found: Scan, since: number): Promise<void> {
    const report = await committer.commit(changes, { leaveOutFaulty: true, author: FILE_OWNER });
    const warnings = [...(await reader.locate(report.warnings))];
    const accepted: string[] = [];
    for (const [group, files] of contents) {
      const refused = await reader.locate(report.refused.get(group) ?? []);
      tracker.reportGroup(group, refused, isServed(group));
      if (refused.length > 0) continue;
      restored.delete(group);
      accepted.push(group);
      const before = committed.get(group);
      for (const [path, content] of files) if (before?.get(path) !== content) warnings.push(...content.warnings);
      if (files.size > 0 || found.groups.has(group)) committed.set(group, files);
      else committed.delete(group);
      options.nodePrograms?.(group, new Map(nodeProgramsIn(files)));
    }
    if (!report.changed && warnings.length === 0) return;
    const tookMs = performance.now() - since;
    const { revision } = report;
    const message = { source: FILE_OWNER, revision, groups: accepted, warnings, tookMs };
    sourceChannel("fairlead:source:committed").publish(message);
  }

  function tellGroups(found: Scan): void {
    const now = new Set([
      ...committed.keys(),
      ...restored,
      ...tracker.faultyGroups().keys(),
      ...found.files.map((f) => f.group),
    ]);
    if (now.symmetricDifference(groups).size === 0) return;
    groups = now;
    groupsChanged();
  }

  const warn = (message: string) => {
    sourceChannel("fairlead:source:warning").publish({ source: FILE_OWNER, message: `${message}; polling goes on` });
  };

  return {
    name: FILE_OWNER,
    async start(onGroups = () => {}) {
      groupsChanged = onGroups;
      for (const { group, owners } of committer.store.state().groups.values()) {
        if (owners.has(FILE_OWNER)) restored.add(group);
      }
      watch = watchDirectories(root, schedule, warn);
      // What another owner stands in the way of may come free.
      unwatchStore = committer.store.watch(committer.store.state().revision, (event) => {
        const changed = event.kind === "commit" ? event.commit.groups.keys() : event.state.groups.keys();
        if ([...changed].some((group) => tracker.faultyGroups().has(group))) schedule();
      });
      poll = setInterval(() => quiet ?? void refresh(), pollMs); // not in the middle of a burst
      void refresh();
      await loaded.promise;
    },
    async close() {
      isClosed = true;
      clearTimeout(quiet);
      clearTimeout(settle);
      clearInterval(poll);
      unwatchStore();
      watch?.close();
      reader.close();
      await refreshing;
      await yaml.close();
      loaded.resolve();
    },
    refresh,
    reread() {
      refreshing = refreshing.then(() => reader.forget()); // not in the middle of reading
      return refresh();
    },
    status: () => ({
      name: FILE_OWNER,
      isLoaded,
      faults: tracker.faults(),
      faultySinceMs: tracker.sinceMs(),
      faultyGroups: new Map(tracker.faultyGroups()),
    }),
    hasGroup: (group) => groups.has(group),
  };
}

function* nodeProgramsIn(files: ReadonlyMap<string, FileContent>): Generator<[string, ProgramContent]> {
  for (const [file, content] of files) if (hasForNode(content)) yield [file, content];
}

/** Whether both hold the same values (by identity) under the same keys. */
export function isSameMap<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
