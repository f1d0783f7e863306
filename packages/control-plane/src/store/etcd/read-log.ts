import { RangeRequest_SortOrder } from "../../../gen/etcd/rpc_pb.js";
import { readCheckpoint } from "../codec/checkpoint.ts";
import type { Checkpoint, CommitRecord } from "../commit-log.ts";
import { EMPTY_STATE } from "../store.ts";
import { type Batch, type Head, headOf, recordsOf, splitHeader, type Totals } from "./batch.ts";
import { readChunks } from "./chunks.ts";
import type { KeyValue } from "./client.ts";
import { keyBytes, keyText } from "./keys.ts";
import { type LogPlace, revisionIn } from "./log-keys.ts";
import { readPages } from "./read-pages.ts";

/** Batches of one answer: each is up to 256 KiB. */
const BATCHES = 100;
/** Keys without values of one answer. */
const KEYS = 2_000;

/** The state before the first record. */
const BEGINNING: Checkpoint = { state: EMPTY_STATE, committedAtMs: 0 };

/** What a checkpoint consists of, as its key says. */
export interface Manifest {
  readonly id: string;
  readonly chunks: number;
  readonly bytes: number;
  /** How much had been appended by then. */
  readonly totals: Totals;
}

/** Records with the append that made them. */
export interface ReadBatch {
  readonly batch: Batch;
  readonly records: readonly CommitRecord[];
}

/** All that is in a log, at one revision of etcd. */
export interface WholeLog {
  readonly head: Head;
  /** Revision up to which records were forgotten. */
  readonly floor: number;
  readonly checkpoint: Checkpoint | undefined;
  readonly batches: readonly ReadBatch[];
  /** From where to watch. */
  readonly revision: bigint;
}

/** Reads the newest checkpoint and all after it. @throws EtcdError, FairleadError `store-unusable` */
export async function readWhole(place: LogPlace): Promise<WholeLog> {
  const { client, keys } = place;
  const first = await client.range({ key: keyBytes(keys.head) });
  const revision = first.header!.revision;
  const checkpoint = await readNewestCheckpoint(place, Number.MAX_SAFE_INTEGER, revision);
  const batches = await readBatches(place, (checkpoint?.state.revision ?? 0) + 1, revision);
  return { head: headOf(first.kvs[0]), floor: await readFloor(place, revision), checkpoint, batches, revision };
}

/** Reads what was appended since a revision. @throws EtcdError, FairleadError `store-unusable` */
export async function readSince(place: LogPlace, known: number): Promise<Omit<WholeLog, "checkpoint">> {
  const { client, keys } = place;
  const first = await client.range({ key: keyBytes(keys.head) });
  const revision = first.header!.revision;
  const batches = await readBatches(place, known + 1, revision);
  return { head: headOf(first.kvs[0]), floor: await readFloor(place, revision), batches, revision };
}

/** The records of a batch's key; its chunks as they were when it was written. */
export async function readBatch({ client, keys }: LogPlace, kv: KeyValue): Promise<ReadBatch> {
  const { header: batch, body } = splitHeader<Batch>(kv);
  if (batch.chunks === 0) return { batch, records: recordsOf(batch, body) };
  const folder = keys.batchChunks(batch.revisions.at(-1)!, batch.id);
  const parts = await readChunks(client, folder, batch.chunks, kv.modRevision);
  return { batch, records: recordsOf(batch, Buffer.concat(parts)) };
}

/** The newest checkpoint at or before a revision. */
export async function readCheckpointBefore(place: LogPlace, at: number): Promise<Checkpoint | undefined> {
  const { header } = await place.client.range({ key: keyBytes(place.keys.head), keysOnly: true });
  const { revision } = header!;
  const found = await readNewestCheckpoint(place, at, revision);
  if (found || (await readFloor(place, revision)) > 0) return found;
  return BEGINNING;
}

/** What checkpoints are kept, oldest first. */
export async function readManifests(place: LogPlace): Promise<(Manifest & { readonly revision: number })[]> {
  const manifests: (Manifest & { readonly revision: number })[] = [];
  for await (const { kvs } of readPages(place.client, place.keys.checkpoints(0))) {
    for (const kv of kvs) {
      manifests.push({ ...splitHeader<Manifest>(kv).header, revision: revisionIn(keyText(kv.key)) ?? 0 });
    }
  }
  return manifests;
}

/** Records with `from <= revision <= to`, newest first. */
export async function readRecords(
  place: LogPlace,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<CommitRecord[]> {
  const { client, keys } = place;
  const found: number[] = [];
  let revision = 0n;
  for await (const page of readPages(client, keys.batches(from), { keysOnly: true, limit: KEYS })) {
    revision = page.revision;
    for (const { key } of page.kvs) {
      const last = revisionIn(keyText(key));
      if (last !== undefined) found.push(last);
    }
  }
  const records: CommitRecord[] = [];
  // The batch whose last revision is at `to` or the first behind it may begin before it.
  let end = found.findIndex((last) => last >= to);
  end = end === -1 ? found.length : end + 1;
  while (end > 0 && records.length < limit) {
    const begin = Math.max(0, end - Math.min(BATCHES, Math.max(1, limit - records.length)));
    const read = await readBatches(place, found[begin]!, revision, found[end - 1]! + 1);
    const wanted = read.flatMap((batch) => batch.records).filter((it) => it.revision >= from && it.revision <= to);
    records.push(...wanted.reverse());
    end = begin;
  }
  return records.slice(0, limit);
}

async function readFloor({ client, keys }: LogPlace, revision: bigint): Promise<number> {
  const { kvs } = await client.range({ key: keyBytes(keys.floor), revision });
  return kvs[0] ? splitHeader<{ readonly revision: number }>(kvs[0]).header.revision : 0;
}

async function readNewestCheckpoint(place: LogPlace, at: number, revision: bigint): Promise<Checkpoint | undefined> {
  const { client, keys } = place;
  const range = { ...keys.checkpoints(0, at === Number.MAX_SAFE_INTEGER ? at : at + 1), revision };
  const { kvs } = await client.range({ ...range, limit: 1n, sortOrder: RangeRequest_SortOrder.Descend });
  const [kv] = kvs;
  if (kv === undefined) return undefined;
  const { id, chunks } = splitHeader<Manifest>(kv).header;
  const folder = keys.checkpointChunks(revisionIn(keyText(kv.key))!, id);
  return readCheckpoint(await readChunks(client, folder, chunks, revision));
}

async function readBatches(place: LogPlace, from: number, revision: bigint, to?: number): Promise<ReadBatch[]> {
  const read: ReadBatch[] = [];
  for await (const { kvs } of readPages(place.client, place.keys.batches(from, to), { limit: BATCHES, revision })) {
    for (const kv of kvs) read.push(await readBatch(place, kv));
  }
  return read;
}
