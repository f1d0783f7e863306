import { MAX_RUNNING_PROGRAMS } from "../../programs/run-program.ts";
import { createTurns } from "../../programs/turns.ts";
import { isCurrent, type ParseProgramOptions, type ProgramContent, parseProgram } from "./parse-program.ts";
import type { FoundFile } from "./scan.ts";

/** Runs programs when they, or what they import, are other than before. */
export interface ProgramRuns {
  /**
   * What a program gives; `undefined`: it runs, and `ended` will be called. A program that hangs holds up nothing but its
   * own group.
   */
  take(found: FoundFile, previous: PreviousRun | undefined): Promise<ProgramContent | undefined>;
  /** Forgets what ran, or still runs, of files that are not there any more. */
  keepOnly(files: ReadonlySet<string>): void;
  /** Resolves when none runs any more. */
  settled(): Promise<void>;
  /** Ends all that run. */
  close(): void;
}

/** What a program gave last. */
export interface PreviousRun {
  readonly signature: string;
  readonly content: ProgramContent;
}

interface Run {
  readonly done: Promise<void>;
  content?: ProgramContent;
  /** What was thrown on the way to a content. */
  defect?: unknown;
}

/** @param ended called when a run has ended, and its content can be taken */
export function createProgramRuns(
  options: Omit<ParseProgramOptions, "previous" | "signal">,
  ended: () => void,
): ProgramRuns {
  const runs = new Map<string, Run>();
  const inTurn = createTurns(MAX_RUNNING_PROGRAMS);
  const closing = new AbortController();
  const { signal } = closing;

  return {
    async take(found, previous) {
      const { file, signature } = found;
      const known = runs.get(file);
      if (known && !known.content && !known.defect) return undefined;
      runs.delete(file);
      if (known?.defect) throw known.defect;
      if (known?.content) return known.content;
      if (previous && (await isCurrent(previous.content.inputs))) {
        // Whoever touches a program that failed wants it to be tried again.
        if (previous.content.errors.length === 0 || previous.signature === signature) return previous.content;
      }
      const work = inTurn(() => parseProgram(found, { ...options, previous: previous?.content, signal }));
      const run: Run = {
        done: work
          .then(
            (content) => {
              run.content = content;
            },
            (error: unknown) => {
              run.defect = error;
            },
          )
          .then(ended),
      };
      runs.set(file, run);
      return undefined;
    },
    keepOnly(files) {
      for (const file of runs.keys()) if (!files.has(file)) runs.delete(file);
    },
    async settled() {
      await Promise.all([...runs.values()].map(({ done }) => done));
    },
    close: () => closing.abort(),
  };
}
