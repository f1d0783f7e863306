import type { Source } from "./source.ts";
import { type FaultTracker, trackFaults } from "./track-faults.ts";

/** One run of a source, from a start to the next end. */
export interface SourceRun {
  /** Resolves when all that it has was looked at once. */
  readonly loaded: Promise<void>;
  reread(): void;
  hasGroup(group: string): boolean;
  close(): Promise<void>;
}

/** What a run is started with. */
export interface RunStart {
  readonly tracker: FaultTracker;
  /** Called when {@link SourceRun.hasGroup} answers otherwise than before. */
  readonly groupsChanged: () => void;
  /** Called when all was looked at once. */
  readonly onLoaded: () => void;
}

/**
 * A {@link Source} that may be started and closed repeatedly, as an election has it: each start is a run of its own. Faults, and
 * that it has loaded once, outlast a run.
 */
export function sourceOfRuns(name: string, startRun: (start: RunStart) => SourceRun): Source {
  const tracker = trackFaults(name);
  let run: SourceRun | undefined;
  let isLoaded = false;
  const onLoaded = () => {
    isLoaded = true;
  };
  return {
    name,
    start(groupsChanged = () => {}) {
      run = startRun({ tracker, groupsChanged, onLoaded });
      return run.loaded;
    },
    async close() {
      const ending = run;
      run = undefined;
      await ending?.close();
    },
    async reread() {
      run?.reread();
    },
    status: () => ({
      name,
      isLoaded,
      faults: tracker.faults(),
      faultySinceMs: tracker.sinceMs(),
      faultyGroups: new Map(tracker.faultyGroups()),
    }),
    hasGroup: (group) => run?.hasGroup(group) ?? false,
  };
}
