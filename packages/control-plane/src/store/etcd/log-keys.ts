import type { EtcdClient } from "./client.ts";
import { type KeyRange, keysBetween, keysUnder } from "./keys.ts";

/** Digits of a revision in a key, so that keys sort as revisions do: enough for every safe integer. */
const DIGITS = 16;

/** Where a log keeps what, all under one prefix. */
export interface LogKeys {
  /** The newest revision, and how much there ever was: what every append compares. Sorts behind all records. */
  readonly head: string;
  /** Revision up to which records were forgotten; absent: all are kept. */
  readonly floor: string;
  /** Written before what nobody refers to is collected, so that whoever is just writing notices. */
  readonly sweep: string;
  /** Records that were appended together, by the revision of the last. */
  batch(revision: number): string;
  /** Bytes of a batch that are too many for one key. */
  batchChunks(revision: number, id: string): string;
  /** What a checkpoint consists of. */
  checkpoint(revision: number): string;
  checkpointChunks(revision: number, id: string): string;
  /** Batches whose last revision is in `from <= revision < to`. */
  batches(from: number, to?: number): KeyRange;
  /** Checkpoints in `from <= revision < to`. */
  checkpoints(from: number, to?: number): KeyRange;
  chunksOfBatches(from: number, to?: number): KeyRange;
  chunksOfCheckpoints(from: number, to?: number): KeyRange;
  /** All that has to be watched: batches and head. */
  readonly watched: KeyRange;
}

/** The keys of a log. */
export function logKeys(prefix: string): LogKeys {
  const part =
    (folder: string) =>
    (from: number, to = Number.MAX_SAFE_INTEGER) =>
      keysBetween(`${prefix}/${folder}/${pad(from)}`, `${prefix}/${folder}/${pad(to)}`);
  return {
    head: `${prefix}/commits/head`,
    floor: `${prefix}/floor`,
    sweep: `${prefix}/sweep`,
    batch: (revision) => `${prefix}/commits/${pad(revision)}`,
    batchChunks: (revision, id) => `${prefix}/chunks/${pad(revision)}/${id}/`,
    checkpoint: (revision) => `${prefix}/checkpoints/${pad(revision)}`,
    checkpointChunks: (revision, id) => `${prefix}/states/${pad(revision)}/${id}/`,
    batches: part("commits"),
    checkpoints: part("checkpoints"),
    chunksOfBatches: part("chunks"),
    chunksOfCheckpoints: part("states"),
    watched: keysUnder(`${prefix}/commits/`),
  };
}

/** The number at the end of a key, or in `…/<revision>/<id>/<chunk>`; `undefined`: none. */
export function revisionIn(key: string): number | undefined {
  const digits = new RegExp(`/(\\d{${DIGITS}})(?:/|$)`).exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A chunk's key. */
export function chunkKey(folder: string, index: number): string {
  return `${folder}${String(index).padStart(6, "0")}`;
}

function pad(revision: number): string {
  return String(revision).padStart(DIGITS, "0");
}

/** What every part of a log works with. */
export interface LogPlace {
  readonly client: EtcdClient;
  readonly keys: LogKeys;
}
