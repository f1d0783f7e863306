import { accessSync, closeSync, constants, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Retention } from "../commit-log.ts";
import { FORMAT, SCHEMA } from "./schema.ts";
import { toSqliteFault, unusable } from "./sqlite-fault.ts";

/** Settings of {@link openDatabase}. */
export interface DatabaseOptions {
  /** Of the file; it and its directory are made if need be. */
  readonly path: string;
  readonly retention: Retention;
  /** Size that the file may have. Default: what the disk has. */
  readonly maxFileBytes?: number | undefined;
}

/** A record as the database keeps it. */
export interface EncodedRecord {
  readonly revision: number;
  readonly bytes: Uint8Array;
}

/** Which records are read: `from <= revision <= to`. */
export interface RecordRange {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly order: "oldest first" | "newest first";
}

/** Time that another process is given to end and leave the file, ms. */
const BUSY_MS = 1_000;

/**
 * The file of commits, open in this thread, which holds it alone until it is closed or the process ends, however it does. Every method
 * blocks; what is written is on the disk when it returns.
 */
export interface Database {
  /** Of the newest record; 0: there is none. */
  readonly lastRevision: number;
  /** All of them or none. `false`: there are other records after `after`, nothing was appended. */
  append(records: readonly EncodedRecord[], after: number): boolean;
  records(range: RecordRange): readonly Uint8Array[];
  /** Parts of the newest checkpoint at or before a revision; `undefined`: none is kept, though there was one; empty: there never was. */
  checkpoint(revision: number): { readonly revision: number; readonly parts: readonly Uint8Array[] } | undefined;
  /** One part of a checkpoint, which counts for nothing until {@link completeCheckpoint}. */
  addCheckpointPart(revision: number, part: number, bytes: Uint8Array): void;
  /** The checkpoint is whole; what retention allows is forgotten. */
  completeCheckpoint(revision: number): void;
  close(): void;
}

/** @throws FairleadError `store-unusable`, with what mends it; other errors as {@link toSqliteFault} makes them */
export function openDatabase(options: DatabaseOptions): Database {
  const { path } = options;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600)); // only its owner reads it
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw unusable(path, (error as Error).message, "name a directory that can be written with --data-dir", error);
  }
  try {
    return new FileDatabase(options);
  } catch (error) {
    throw toSqliteFault(error, path, "open");
  }
}

class FileDatabase implements Database {
  readonly #db: DatabaseSync;
  readonly #retention: Retention;
  readonly #statements = new Map<string, StatementSync>();
  lastRevision: number;

  constructor({ path, retention, maxFileBytes }: DatabaseOptions) {
    this.#retention = retention;
    this.#db = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      prepareFile(this.#db, path);
      if (maxFileBytes !== undefined) this.#db.exec(`PRAGMA max_page_count = ${Math.ceil(maxFileBytes / 4_096)}`);
      this.lastRevision = this.#readLastRevision();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  append(records: readonly EncodedRecord[], after: number): boolean {
    if (after !== this.lastRevision) return false;
    this.#atomically(() => {
      const insert = this.#statement("INSERT INTO records (revision, bytes) VALUES (?, ?)");
      for (const { revision, bytes } of records) insert.run(revision, bytes);
    });
    this.lastRevision = records.at(-1)?.revision ?? after;
    return true;
  }

  records({ from, to, limit, order }: RecordRange): readonly Uint8Array[] {
    const direction = order === "oldest first" ? "ASC" : "DESC";
    const sql = `SELECT bytes FROM records WHERE revision BETWEEN ? AND ? ORDER BY revision ${direction} LIMIT ?`;
    const rows = this.#statement(sql).all(from, to, limit);
    return rows.map(({ bytes }) => bytes as Uint8Array);
  }

  checkpoint(revision: number) {
    const sql = "SELECT revision FROM checkpoints WHERE revision <= ? ORDER BY revision DESC LIMIT 1";
    const found = this.#statement(sql).get(revision)?.revision as number | undefined;
    if (found === undefined) return this.#isComplete() ? { revision: 0, parts: [] } : undefined;
    const rows = this.#statement("SELECT bytes FROM checkpoint_parts WHERE revision = ? ORDER BY part").all(found);
    return { revision: found, parts: rows.map(({ bytes }) => bytes as Uint8Array) };
  }

  addCheckpointPart(revision: number, part: number, bytes: Uint8Array): void {
    const sql = "INSERT OR REPLACE INTO checkpoint_parts (revision, part, bytes) VALUES (?, ?, ?)";
    this.#atomically(() => this.#statement(sql).run(revision, part, bytes));
  }

  completeCheckpoint(revision: number): void {
    this.#atomically(() => {
      this.#statement("INSERT OR REPLACE INTO checkpoints (revision) VALUES (?)").run(revision);
      this.#forgetOld();
    });
    const { freelist_count: free } = this.#db.prepare("PRAGMA freelist_count").get() as { freelist_count: number };
    const { page_count: pages } = this.#db.prepare("PRAGMA page_count").get() as { page_count: number };
    if (free > pages / 2) this.#db.exec("PRAGMA incremental_vacuum");
  }

  close(): void {
    this.#db.close();
  }

  /** Whether no record was ever forgotten. */
  #isComplete(): boolean {
    return this.#statement("SELECT 1 FROM forgotten").get() === undefined;
  }

  /** Forgets from the oldest checkpoint on, each with the records before it: what is left can all be made again. */
  #forgetOld(): void {
    const { maxRecords, maxBytes } = this.#retention;
    const revisions = this.#statement("SELECT revision FROM checkpoints ORDER BY revision").all();
    const held = () => {
      const records = this.#statement(
        "SELECT count(*) AS count, coalesce(sum(length(bytes)), 0) AS bytes FROM records",
      ).get();
      const parts = this.#statement("SELECT coalesce(sum(length(bytes)), 0) AS bytes FROM checkpoint_parts").get();
      return { count: records!.count as number, bytes: (records!.bytes as number) + (parts!.bytes as number) };
    };
    for (const [index, { revision }] of revisions.entries()) {
      const { count, bytes } = held();
      if (count <= maxRecords && bytes <= maxBytes) return;
      this.#statement("DELETE FROM records WHERE revision <= ?").run(revision as number);
      this.#statement("DELETE FROM checkpoint_parts WHERE revision < ?").run(revision as number);
      this.#statement("DELETE FROM checkpoints WHERE revision < ?").run(revision as number);
      if (index === 0) this.#statement("INSERT OR IGNORE INTO forgotten (id) VALUES (1)").run();
    }
  }

  #readLastRevision(): number {
    const sql =
      "SELECT max(coalesce((SELECT max(revision) FROM records), 0), coalesce((SELECT max(revision) FROM checkpoints), 0)) AS last";
    return this.#statement(sql).get()!.last as number;
  }

  #atomically(write: () => void): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      write();
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const prepared = this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** Takes the file for this process alone, and makes it a store's if it is empty. Writes nothing to one that is one already. */
function prepareFile(db: DatabaseSync, path: string): void {
  // Exclusive before the first read: then no other process can even look, and no shared memory is needed.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  const { application_id: application } = db.prepare("PRAGMA application_id").get() as { application_id: number };
  const { user_version: format } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  // A process that ended while it made the file may have left one with a page, and nothing on it.
  const isEmpty = application === 0 && format === 0 && !db.prepare("SELECT 1 FROM sqlite_schema").get();
  if (isEmpty) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  else if (application !== FORMAT.application) {
    throw unusable(path, "it is a database of another program", "name another directory with --data-dir");
  } else if (format > FORMAT.version) {
    const why = `it is of format ${format}, this version knows up to ${FORMAT.version}`;
    throw unusable(path, why, "run the newer version, or name another directory with --data-dir");
  }
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA fullfsync = ON"); // where fsync alone leaves data in the drive (macOS)
  db.exec("PRAGMA journal_size_limit = 67108864");
  if (isEmpty) db.exec(SCHEMA);
  // Of a checkpoint that was being written when the process ended.
  const orphans = "FROM checkpoint_parts WHERE revision NOT IN (SELECT revision FROM checkpoints)";
  if (db.prepare(`SELECT 1 ${orphans} LIMIT 1`).get()) tryTo(() => db.exec(`DELETE ${orphans}`));
}

/** On a full disk, what is superfluous stays. */
function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // the next start tries again
  }
}
