import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { decode, EnvoyApiError, factsOf, type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource, diffMaps, emptyMap, type PersistentMap, type Resource, type Snapshot } from "@fairlead/xds";

/**
 * The clusters that were served last, in a file: so that a server that starts again knows what a proxy may still route
 * to, and removes it only when routes have moved on (protocol.md C9). Only clusters, since only they vanish from a proxy
 * by not being named. Nothing is served from it.
 *
 * A file of JSON lines: appended to before a change is sent to anyone, written anew when it is mostly history. It
 * survives the end of the process, however sudden; a lost disk or a power cut costs no more than having no file.
 */
export interface ClusterJournal {
  /** What the file held when it was opened: clusters by group. */
  readonly restored: ReadonlyMap<string, readonly Resource[]>;
  /** The newest revision that the file knows; 0: none. */
  readonly revision: number;
  /** Notes what changed of the clusters. @throws the file system's error; nothing else depends on its success */
  record(snapshot: Snapshot): void;
  /** A group is gone. */
  forget(group: string): void;
  close(): void;
}

interface Line {
  readonly revision: number;
  readonly group: string;
  /** Name and encoded cluster, base64. */
  readonly upsert?: readonly (readonly [name: string, value: string])[];
  readonly remove?: readonly string[];
  readonly forget?: true;
}

/** Bytes of history from which on the file is written anew. */
const COMPACT_BYTES = 4 * 1024 * 1024;

/** Opens the journal in a directory, made if need be. @throws the file system's error if it can't be written there */
export function openClusterJournal(directory: string, schema: Schema): ClusterJournal {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return new FileJournal(join(directory, "clusters.jsonl"), schema);
}

class FileJournal implements ClusterJournal {
  readonly restored: ReadonlyMap<string, readonly Resource[]>;
  readonly revision: number;
  readonly #path: string;
  readonly #recorded = new Map<string, PersistentMap<Resource>>();
  #file: number;
  #bytes = 0;

  constructor(path: string, schema: Schema) {
    this.#path = path;
    const { clusters, revision } = readLines(path);
    this.revision = revision;
    this.restored = new Map(
      [...clusters].map(([group, values]) => [group, [...values].flatMap((entry) => resourceOf(schema, entry) ?? [])]),
    );
    for (const [group, resources] of this.restored) {
      let map = emptyMap<Resource>();
      for (const resource of resources) map = map.set(resource.name, resource);
      this.#recorded.set(group, map);
    }
    this.#file = this.#writeAnew();
  }

  record({ group, revision, types }: Snapshot): void {
    const before = this.#recorded.get(group) ?? emptyMap<Resource>();
    const after = types.get(TYPE_URLS.cluster)?.resources ?? emptyMap<Resource>();
    if (before === after) return;
    const upsert: [string, string][] = [];
    const remove: string[] = [];
    diffMaps(before, after, (name, _old, now) => {
      if (now) upsert.push([name, encode(now)]);
      else remove.push(name);
    });
    this.#recorded.set(group, after);
    this.#append({ revision, group, upsert, remove });
  }

  forget(group: string): void {
    if (this.#recorded.delete(group)) this.#append({ revision: this.revision, group, forget: true });
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(line: Line): void {
    this.#bytes += writeSync(this.#file, `${JSON.stringify(line)}\n`);
    if (this.#bytes < COMPACT_BYTES) return;
    closeSync(this.#file);
    this.#file = this.#writeAnew();
  }

  /** Replaces the file by one line a group; the old one stays until the new one is whole. */
  #writeAnew(): number {
    const draft = `${this.#path}.new`;
    closeSync(openSync(draft, "w", 0o600));
    for (const [group, resources] of this.#recorded) {
      const upsert = [...resources.values()].map((resource) => [resource.name, encode(resource)] as const);
      appendFileSync(draft, `${JSON.stringify({ revision: this.revision, group, upsert } satisfies Line)}\n`);
    }
    renameSync(draft, this.#path);
    this.#bytes = 0;
    return openSync(this.#path, "a", 0o600);
  }
}

function encode({ value }: Resource): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function resourceOf(schema: Schema, [name, value]: readonly [string, Uint8Array]): Resource | undefined {
  const typeUrl = TYPE_URLS.cluster;
  const desc = schema.messageOf(typeUrl);
  try {
    return desc && createResource({ typeUrl, name, value, facts: factsOf(schema, typeUrl, decode(desc, value)) });
  } catch (error) {
    if (error instanceof EnvoyApiError) return undefined; // noted under another schema: as if it had never been
    throw error;
  }
}

/** Reads as far as the file is whole: the last line may have been cut short with the process that wrote it. */
function readLines(path: string): { clusters: Map<string, Map<string, Uint8Array>>; revision: number } {
  const clusters = new Map<string, Map<string, Uint8Array>>();
  let newest = 0;
  for (const text of readIfThere(path).split("\n")) {
    const line = parseLine(text);
    if (!line) continue;
    const { group, revision, upsert = [], remove = [], forget } = line;
    newest = Math.max(newest, revision);
    if (forget) clusters.delete(group);
    else {
      const values = clusters.get(group) ?? new Map<string, Uint8Array>();
      clusters.set(group, values);
      for (const [name, value] of upsert) values.set(name, Buffer.from(value, "base64"));
      for (const name of remove) values.delete(name);
    }
  }
  return { clusters, revision: newest };
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
