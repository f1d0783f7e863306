import { isCurrent, type ParseProgramOptions, type ProgramContent, parseProgram } from "./parse-program.ts";
import type { FoundFile } from "./scan.ts";

/** Programs that run at the same time, at most. */
const MAX_RUNNING = 2;

/** Runs programs when they, or what they import, are other than before. */
export interface ProgramRuns {
  /**
   * What a program gives; `undefined`: it runs, and `ended` will be called. A program that hangs holds up nothing but its
   * own group.
   */
  take(found: FoundFile, previous: PreviousRun | undefined): Promise<ProgramContent | undefined>;
  /** Resolves when none runs any more. */
  settled(): Promise<void>;
}

/** What a program gave last. */
export interface PreviousRun {
  readonly signature: string;
  readonly content: ProgramContent;
}

/** @param ended called when a run has ended, and its content can be taken */
export function createProgramRuns(options: Omit<ParseProgramOptions, "previous">, ended: () => void): ProgramRuns {
  const runs = new Map<string, { readonly done: Promise<void>; content?: ProgramContent }>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run(found: FoundFile, previous: ProgramContent | undefined): Promise<ProgramContent> {
    if (running >= MAX_RUNNING) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await parseProgram(found, { ...options, previous });
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  return {
    async take(found, previous) {
      const { file, signature } = found;
      const known = runs.get(file);
      if (known?.content) {
        runs.delete(file);
        return known.content;
      }
      if (known) return undefined;
      if (previous && (await isCurrent(previous.content.inputs))) {
        // Whoever touches a program that failed wants it to be tried again.
        if (previous.content.errors.length === 0 || previous.signature === signature) return previous.content;
      }
      const done = run(found, previous?.content).then((content) => {
        runs.set(file, { done, content });
        ended();
      });
      runs.set(file, { done });
      return undefined;
    },
    async settled() {
      await Promise.all([...runs.values()].map(({ done }) => done));
    },
  };
}
