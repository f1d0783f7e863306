import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { decode, EnvoyApiError, factsOf, type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource, diffMaps, emptyMap, type PersistentMap, type Resource, type Snapshot } from "@fairlead/xds";

/**
 * The clusters that were served last or lately, in a file: so that a server that starts again knows what a proxy may still
 * route to, and removes it only when routes have moved on (protocol.md C9). Only clusters, since only they vanish from a
 * proxy by not being named. Nothing is served from it.
 *
 * A file of JSON lines: appended to before a change is sent to anyone, written anew when it is mostly history. It
 * survives the end of the process, however sudden; a lost disk or a power cut costs no more than having no file.
 *
 * Opening only reads: a process that finds out later that another one has its place has changed nothing.
 */
export interface ClusterJournal {
  /** What the file held when it was opened: clusters by group, those dropped lately included. */
  readonly restored: ReadonlyMap<string, readonly Resource[]>;
  /** The newest revision that the file knows; 0: none. */
  readonly revision: number;
  /** Notes what changed of the clusters. @throws the file system's error; nothing else depends on its success */
  record(snapshot: Snapshot): void;
  /** A group is gone. */
  forget(group: string): void;
  close(): void;
}

/** Settings of {@link openClusterJournal}. */
export interface ClusterJournalOptions {
  /** How long a dropped cluster is remembered, ms: as long as an old listener may refer to it. */
  readonly droppedForMs: number;
}

/** What is known of one cluster. */
interface Noted {
  /** Encoded, base64. */
  readonly value: string;
  /** When it was dropped, ms since the epoch; `undefined`: it is served. */
  readonly droppedAtMs?: number | undefined;
}

interface Line {
  readonly revision: number;
  readonly group: string;
  /** By name; `null`: forgotten. */
  readonly clusters: Readonly<Record<string, Noted>> | null;
}

/** Bytes of history from which on the file is written anew, if there is more history than content. */
const COMPACT_BYTES = 4 * 1024 * 1024;

/** Opens the journal in a directory, made if need be. @throws the file system's error if it can't be written there */
export function openClusterJournal(directory: string, schema: Schema, options: ClusterJournalOptions): ClusterJournal {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  accessSync(directory, constants.W_OK);
  return new FileJournal(join(directory, "clusters.jsonl"), schema, options);
}

class FileJournal implements ClusterJournal {
  readonly restored: ReadonlyMap<string, readonly Resource[]>;
  readonly revision: number;
  readonly #path: string;
  readonly #droppedForMs: number;
  readonly #noted: Map<string, Map<string, Noted>>;
  readonly #recorded = new Map<string, PersistentMap<Resource>>();
  /** `undefined`: nothing was written yet, or the last write failed; then all is written. */
  #file: number | undefined;
  #newest: number;
  #contentBytes = 0;
  #historyBytes = 0;

  constructor(path: string, schema: Schema, { droppedForMs }: ClusterJournalOptions) {
    this.#path = path;
    this.#droppedForMs = droppedForMs;
    const { noted, revision } = readLines(path);
    this.#noted = noted;
    this.revision = this.#newest = revision;
    this.#prune();
    this.restored = new Map(
      [...noted].map(([group, clusters]) => [
        group,
        [...clusters].flatMap(([name, { value }]) => resourceOf(schema, name, value) ?? []),
      ]),
    );
  }

  record({ group, revision, types }: Snapshot): void {
    const known = this.#recorded.get(group);
    const before = known ?? emptyMap<Resource>();
    const after = types.get(TYPE_URLS.cluster)?.resources ?? emptyMap<Resource>();
    if (known === after) return;
    const noted = this.#noted.get(group) ?? new Map<string, Noted>();
    this.#noted.set(group, noted);
    const changed = new Map<string, Noted>();
    const drop = (name: string, { value }: Noted) => changed.set(name, { value, droppedAtMs: Date.now() });
    diffMaps(before, after, (name, old, now) => {
      if (now) changed.set(name, { value: encode(now) });
      else if (old) drop(name, { value: encode(old) });
    });
    // What an earlier process served and this one does not is dropped with this one's first snapshot.
    if (!known) for (const [name, entry] of noted) if (!after.has(name) && !entry.droppedAtMs) drop(name, entry);
    this.#recorded.set(group, after);
    for (const [name, entry] of changed) noted.set(name, entry);
    this.#newest = Math.max(this.#newest, revision);
    this.#append({ revision, group, clusters: Object.fromEntries(changed) });
  }

  forget(group: string): void {
    this.#recorded.delete(group);
    if (this.#noted.delete(group)) this.#append({ revision: this.#newest, group, clusters: null });
  }

  close(): void {
    this.#leave();
  }

  #append(line: Line): void {
    try {
      if (this.#file === undefined) {
        this.#writeAnew(); // this line's content too: it is noted already
        return;
      }
      this.#historyBytes += writeLine(this.#file, line);
      if (this.#historyBytes >= Math.max(COMPACT_BYTES, this.#contentBytes)) this.#writeAnew();
    } catch (error) {
      this.#leave(); // its last line may be cut short, and nothing may follow that
      throw error;
    }
  }

  /** Forgets what was dropped too long ago to matter. */
  #prune(): void {
    const since = Date.now() - this.#droppedForMs;
    for (const noted of this.#noted.values()) {
      for (const [name, { droppedAtMs }] of noted) if (droppedAtMs && droppedAtMs < since) noted.delete(name);
    }
  }

  /** Closes the file once: its number may be that of a socket next. */
  #leave(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file);
  }

  /** Replaces the file by one line a group; the old one stays until the new one is whole. */
  #writeAnew(): void {
    this.#prune();
    const draft = `${this.#path}.new`;
    const file = openSync(draft, "w", 0o600);
    let bytes = 0;
    try {
      for (const [group, noted] of this.#noted) {
        bytes += writeLine(file, { revision: this.#newest, group, clusters: Object.fromEntries(noted) });
      }
      renameSync(draft, this.#path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    this.#leave();
    this.#file = file;
    this.#contentBytes = bytes;
    this.#historyBytes = 0;
  }
}

/** Writes all of a line; returns its bytes. */
function writeLine(file: number, line: Line): number {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  return bytes.length;
}

function encode({ value }: Resource): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function resourceOf(schema: Schema, name: string, encoded: string): Resource | undefined {
  const typeUrl = TYPE_URLS.cluster;
  const desc = schema.messageOf(typeUrl);
  const value = new Uint8Array(Buffer.from(encoded, "base64"));
  try {
    return desc && createResource({ typeUrl, name, value, facts: factsOf(schema, typeUrl, decode(desc, value)) });
  } catch (error) {
    if (error instanceof EnvoyApiError) return undefined; // noted under another schema: as if it had never been
    throw error;
  }
}

/** Reads what is whole: the last line may have been cut short with the process that wrote it. */
function readLines(path: string): { noted: Map<string, Map<string, Noted>>; revision: number } {
  const noted = new Map<string, Map<string, Noted>>();
  let newest = 0;
  for (const text of readIfThere(path).split("\n")) {
    const line = parseLine(text);
    if (!line) continue;
    newest = Math.max(newest, line.revision);
    if (line.clusters === null) {
      noted.delete(line.group);
      continue;
    }
    const clusters = noted.get(line.group) ?? new Map<string, Noted>();
    noted.set(line.group, clusters);
    for (const [name, entry] of Object.entries(line.clusters)) clusters.set(name, entry);
  }
  return { noted, revision: newest };
}

function parseLine(text: string): Line | undefined {
  try {
    return text === "" ? undefined : (JSON.parse(text) as Line);
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
