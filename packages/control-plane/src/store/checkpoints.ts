import { storeChannel } from "./channels.ts";
import type { CommitLog, CommitRecord } from "./commit-log.ts";
import type { StoreState } from "./store.ts";

/** Records after which the next checkpoint is due: what a start has to make again. */
const MAX_RECORDS = 2_500;
/** For each record, so many resources and documents may be in the state: a large one is kept less often, for what that costs. */
const ENTRIES_A_RECORD = 10;
/** Bytes of resources in records after which it is due. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Keeps checkpoints in a log from time to time, in the background. */
export interface Checkpoints {
  /** Counts what was appended, by whomever; returns whether a checkpoint is due. */
  count(records: readonly CommitRecord[]): boolean;
  /** Begins to keep one, unless one is being kept or the state is large for so few records. Whoever appended the record that made it due keeps it. */
  keep(state: StoreState, committedAtMs: number): void;
  /** Resolves when none is being kept. */
  settled(): Promise<void>;
}

/** The checkpoints of a log that holds these records since the last. */
export function createCheckpoints(log: CommitLog, since: readonly CommitRecord[]): Checkpoints {
  let records = since.length;
  let bytes = since.reduce((sum, record) => sum + bytesOf(record), 0);
  let keeping: Promise<void> | undefined;

  const keep = async (state: StoreState, committedAtMs: number): Promise<void> => {
    const startedAt = performance.now();
    let error: Error | undefined;
    try {
      await log.keepCheckpoint({ state, committedAtMs });
    } catch (thrown) {
      error = thrown as Error;
    }
    keeping = undefined;
    const tookMs = performance.now() - startedAt;
    storeChannel("fairlead:store:checkpoint").publish({ store: log.name, revision: state.revision, tookMs, error });
  };

  return {
    count(added) {
      records += added.length;
      for (const record of added) bytes += bytesOf(record);
      return records >= MAX_RECORDS || bytes >= MAX_BYTES;
    },
    keep(state, committedAtMs) {
      if (keeping || (bytes < MAX_BYTES && records * ENTRIES_A_RECORD < sizeOf(state))) return;
      records = 0;
      bytes = 0;
      keeping = keep(state, committedAtMs);
    },
    settled: async () => keeping,
  };
}

function sizeOf({ groups, documents }: StoreState): number {
  let size = documents.size;
  for (const { types } of groups.values()) for (const entries of types.values()) size += entries.size;
  return size;
}

function bytesOf({ changes }: CommitRecord): number {
  let bytes = 0;
  for (const change of changes) {
    if (change.kind === "update") for (const { resource } of change.upsert) bytes += resource.value.length;
  }
  return bytes;
}
