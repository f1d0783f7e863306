import type { ParseResource } from "../../resources/parse.ts";
import type { Owner } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import { digestOf, type FileContent, locateFaults, parseFile } from "./parse-file.ts";
import { isProgram, type ProgramContent, type ProgramOptions } from "./parse-program.ts";
import { createProgramRuns } from "./program-runs.ts";
import { readWhole } from "./read-file.ts";
import { type FoundFile, type Scan, unreadable } from "./scan.ts";
import type { YamlReader } from "./yaml-thread.ts";

/** What the files say, kept from scan to scan. */
export interface FileReader {
  /** Reads what a scan shows to be other than before. */
  readChanges(found: Scan, options: { readonly isPatient: boolean }): Promise<ReadChanges>;
  /** What the files of each group say, by path. */
  contents(): ReadonlyMap<string, ReadonlyMap<string, FileContent>>;
  /** Takes every file for changed from now on. */
  forget(): void;
  /** Gives faults that were found in the whole (references, names) their places in the files they lie in. */
  locate(faults: readonly Fault[]): Promise<readonly Fault[]>;
  /** Ends the programs that run. */
  close(): void;
}

/** What could not be read. */
export interface ReadChanges {
  /** Groups that can't be judged now, and why; without a fault it is a matter of time. */
  readonly unjudged: ReadonlyMap<string, readonly Fault[]>;
  /** When to look again at what is being written, ms from now; `undefined`: nothing is. */
  readonly againInMs: number | undefined;
}

/** Settings of {@link createFileReader}. */
export interface FileReaderOptions {
  readonly root: string;
  readonly owner: Owner;
  readonly parse: ParseResource;
  readonly yaml: YamlReader;
  /** How resource files in TypeScript are run; `undefined`: they are not. */
  readonly programs: ProgramOptions | undefined;
  /** Called when a program has ended, and reading again will take up what it gave. Default: nobody waits. */
  readonly ended?: () => void;
  /** Time given to a file that looks half written, ms. */
  readonly settleMs: number;
}

/** A file whose times are younger than this may change again without a new signature. */
const RACY_MS = 2_000;

/** When to look again at a file that changed while it was read, ms. */
const CHANGING_MS = 50;

/** A program runs, and will say when it has ended. */
const RUNNING = Number.POSITIVE_INFINITY;

interface KnownFile {
  readonly group: string;
  signature: string;
  /** Whether the same signature will mean the same content. */
  isSettled: boolean;
  readonly content: FileContent;
}

/** A reader that knows no file yet. */
export function createFileReader(options: FileReaderOptions): FileReader {
  const { root, owner, parse, yaml, programs, settleMs } = options;
  const known = new Map<string, KnownFile>();
  const runs = createProgramRuns({ root, owner, parse, programs }, options.ended ?? (() => {}));

  /** Takes up what a program gives; or says in how many ms it may be complete. */
  async function runOne(found: FoundFile, isPatient: boolean): Promise<number | undefined> {
    const { file, group, signature, changedAtMs } = found;
    const before = known.get(file);
    const previous = before && { signature: before.signature, content: before.content as ProgramContent };
    const content = await runs.take(found, previous);
    if (!content) return RUNNING;
    if (content === before?.content) return undefined;
    const age = Date.now() - changedAtMs;
    if (isPatient && content.looksHalfWritten && age >= 0 && age < settleMs) return settleMs - age;
    known.set(file, { group, signature, isSettled: false, content });
    return undefined;
  }

  /** Takes a file up; or says in how many ms it may be complete. */
  async function readOne(found: FoundFile, isPatient: boolean): Promise<number | undefined> {
    const { file, group, signature, changedAtMs } = found;
    const before = known.get(file);
    if (before?.isSettled && before.signature === signature) return undefined;
    const read = await readWhole(root, found);
    if (read.kind === "changing") return CHANGING_MS;
    const age = Date.now() - changedAtMs;
    const isSettled = age > RACY_MS || age < 0;
    if (before?.content.digest === digestOf(read.text)) {
      before.signature = signature;
      before.isSettled = isSettled;
      return undefined;
    }
    const content = await parseFile(found, read.text, { owner, parse, yaml, previous: before?.content });
    if (isPatient && content.looksHalfWritten && age >= 0 && age < settleMs) return settleMs - age;
    known.set(file, { group, signature, isSettled, content });
    return undefined;
  }

  /** The text that was read before; `undefined` if the file says something else by now. */
  async function readAgain(file: string): Promise<string | undefined> {
    if (isProgram(file)) return undefined; // what it gives has no places in its text
    const read = await readWhole(root, { file }).catch(() => undefined);
    if (read?.kind !== "text" || digestOf(read.text) !== known.get(file)?.content.digest) return undefined;
    return read.text;
  }

  return {
    async readChanges(found, { isPatient }) {
      const present = new Set(found.files.map(({ file }) => file));
      for (const file of known.keys()) if (!present.has(file)) known.delete(file);
      runs.keepOnly(present);
      const unjudged = Map.groupBy(found.faults, ({ group }) => group ?? "");
      const add = (group: string, faults: readonly Fault[]) => {
        unjudged.set(group, [...(unjudged.get(group) ?? []), ...faults]);
      };
      if (!isPatient) {
        // They run side by side; at the start there is nobody whom waiting for them would hold up.
        await Promise.all(found.files.filter(({ file }) => isProgram(file)).map((file) => runOne(file, false)));
        await runs.settled();
      }
      let againInMs: number | undefined;
      for (const file of found.files) {
        try {
          const inMs = await (isProgram(file.file) ? runOne : readOne)(file, isPatient);
          if (inMs === undefined) continue;
          add(file.group, []);
          if (inMs !== RUNNING) againInMs = Math.min(inMs, againInMs ?? inMs);
        } catch (error) {
          add(file.group, [unreadable(file.file, file.group, error as Error)]);
        }
      }
      return { unjudged, againInMs };
    },

    contents() {
      const groups = Map.groupBy(known, ([, { group }]) => group);
      return new Map(
        [...groups].map(([group, files]) => [group, new Map(files.map(([path, { content }]) => [path, content]))]),
      );
    },

    forget: () => known.clear(),

    async locate(faults) {
      const located: Fault[] = [];
      for (const [file, inFile] of Map.groupBy(faults, (fault) => fault.file)) {
        const text = file === undefined ? undefined : await readAgain(file);
        // Their line is that of the resource: with it but no column, the place is sought from there.
        const vague = inFile.map(({ column, ...fault }) => fault);
        located.push(...(text === undefined ? inFile : await locateFaults(vague, text, yaml)));
      }
      return located;
    },

    close: () => runs.close(),
  };
}
