import { join } from "node:path";
import { checkpointParts, readCheckpoint } from "../codec/checkpoint.ts";
import { decodeRecord, encodeRecord } from "../codec/record.ts";
import type { Checkpoint, CommitLog, CommitRecord, LogListener, Retention } from "../commit-log.ts";
import { EMPTY_STATE } from "../store.ts";
import type { RecordRange } from "./database.ts";
import { createDatabaseThread } from "./database-thread.ts";
import { unusable } from "./sqlite-fault.ts";

/** Settings of {@link sqliteLog}. */
export interface SqliteLogOptions {
  /** How much history is kept. Default: as {@link Retention} says. */
  readonly retention?: Partial<Retention>;
  /** Size that the file may have, bytes. Default: what the disk has. */
  readonly maxFileBytes?: number;
}

/** The file in the directory of what outlives a restart. */
const FILE = "fairlead.db";

/** Reads them all. */
const ALL = { limit: Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER } as const;

/**
 * A log in a SQLite file of a directory, for one process at a time. An append is one transaction, in the write-ahead log and on the disk
 * (`synchronous = FULL`) before it resolves; it is made in a thread of its own, for it waits for the disk.
 */
export function sqliteLog(directory: string, options: SqliteLogOptions = {}): CommitLog {
  const path = join(directory, FILE);
  const retention = { maxRecords: 10_000, maxBytes: 256 * 1024 * 1024, ...options.retention };
  const thread = createDatabaseThread({ path, retention, maxFileBytes: options.maxFileBytes });
  let listener: LogListener | undefined;

  const decoding = <T>(decode: () => T): T => {
    try {
      return decode();
    } catch (error) {
      throw unusable(path, (error as Error).message, "put a backup in its place, or move it away to begin anew", error);
    }
  };
  const read = async (range: RecordRange): Promise<CommitRecord[]> => {
    const records = (await thread.ask({ kind: "records", range })) as readonly Uint8Array[];
    return decoding(() => records.map(decodeRecord));
  };
  const checkpointBefore = async (revision: number): Promise<Checkpoint | undefined> => {
    const found = (await thread.ask({ kind: "checkpoint", revision })) as { parts: readonly Uint8Array[] } | undefined;
    if (!found) return undefined;
    if (found.parts.length === 0) return { state: EMPTY_STATE, committedAtMs: 0 };
    return decoding(() => readCheckpoint(found.parts));
  };

  return {
    name: `sqlite:${path}`,
    isShared: false,
    async open(heard) {
      listener = heard;
      await thread.ask({ kind: "open" });
      const checkpoint = await checkpointBefore(ALL.to);
      const from = (checkpoint?.state.revision ?? 0) + 1;
      return { checkpoint, records: await read({ ...ALL, from, order: "oldest first" }) };
    },
    async append(records, after) {
      const encoded = await Promise.all(
        records.map(async (record) => ({ revision: record.revision, bytes: await encodeRecord(record) })),
      );
      if (await thread.ask({ kind: "append", records: encoded, after })) return "appended";
      // What failed before is there nevertheless.
      listener?.appended(await read({ ...ALL, from: after + 1, order: "oldest first" }));
      return "behind";
    },
    read: (range) => read({ ...range, order: "newest first" }),
    checkpointBefore,
    async keepCheckpoint(checkpoint) {
      const { revision } = checkpoint.state;
      let part = 0;
      for await (const bytes of checkpointParts(checkpoint)) {
        await thread.ask({ kind: "checkpoint-part", revision, part: part++, bytes });
      }
      await thread.ask({ kind: "checkpoint-complete", revision });
    },
    close: () => thread.close(),
  };
}
