import { randomUUID } from "node:crypto";
import { checkpointParts } from "../codec/checkpoint.ts";
import type { Checkpoint, Retention } from "../commit-log.ts";
import { type Batch, type Head, headOf, splitHeader, type Totals, withHeader } from "./batch.ts";
import { dropChunks, writeChunks } from "./chunks.ts";
import { type KeyRange, keyBytes, keysUnder, keyText } from "./keys.ts";
import { type LogPlace, revisionIn } from "./log-keys.ts";
import { isAt, put, removeRange } from "./operations.ts";
import { type Manifest, readManifests } from "./read-log.ts";

/** Writes a checkpoint, unless a newer one is there. Then forgets what retention allows, and what crashed writers left. */
export async function keepCheckpoint(place: LogPlace, checkpoint: Checkpoint, retention: Retention): Promise<void> {
  const { client, keys } = place;
  const { revision } = checkpoint.state;
  const sweep = await client.range({ key: keyBytes(keys.sweep) });
  const kept = await readManifests(place);
  const newest = kept.at(-1);
  if (newest === undefined || newest.revision < revision) {
    const id = randomUUID();
    const folder = keys.checkpointChunks(revision, id);
    const { chunks, bytes } = await writeChunks(client, folder, checkpointParts(checkpoint));
    const manifest: Manifest = { id, chunks, bytes, totals: await totalsAt(place, revision) };
    const { succeeded } = await client.txn({
      // Whoever collects what nobody refers to may have taken ours: then its checkpoint is newer anyway.
      compare: [isAt(keys.sweep, sweep.kvs[0]?.modRevision ?? 0n), isAt(keys.checkpoint(revision), 0n)],
      success: [put(keys.checkpoint(revision), withHeader(manifest))],
    });
    if (!succeeded) return dropChunks(client, folder);
    kept.push({ ...manifest, revision });
  }
  await forget(place, kept, retention);
  await collect(place);
}

/** How much had been appended with the record of that revision. */
async function totalsAt({ client, keys }: LogPlace, revision: number): Promise<Totals> {
  const { kvs } = await client.range({ ...keys.batches(revision), limit: 1n });
  if (kvs[0]) return splitHeader<Batch>(kvs[0]).header.totals;
  return (await readHead({ client, keys })).totals;
}

async function readHead({ client, keys }: LogPlace): Promise<Head> {
  const { kvs } = await client.range({ key: keyBytes(keys.head) });
  return headOf(kvs[0]);
}

/** Forgets all before the oldest checkpoint from which on no more is there than may be. */
async function forget(
  place: LogPlace,
  kept: readonly (Manifest & { readonly revision: number })[],
  { maxRecords, maxBytes }: Retention,
): Promise<void> {
  const { client, keys } = place;
  const { totals } = await readHead(place);
  const isEnough = (from: number, since: Totals): boolean => {
    const checkpoints = kept.filter(({ revision }) => revision >= from).reduce((sum, { bytes }) => sum + bytes, 0);
    return totals.records - since.records <= maxRecords && totals.bytes - since.bytes + checkpoints <= maxBytes;
  };
  if (isEnough(0, { records: 0, bytes: 0 })) return;
  const base = kept.find((manifest) => isEnough(manifest.revision, manifest.totals)) ?? kept.at(-1);
  if (base === undefined) return;
  const { revision } = base;
  // A batch that begins before the checkpoint and ends after it stays: the key has its last revision.
  const ranges = [keys.batches(0, revision + 1), keys.chunksOfBatches(0, revision + 1)];
  const old = [keys.checkpoints(0, revision), keys.chunksOfCheckpoints(0, revision)];
  const success = [put(keys.floor, withHeader({ revision })), ...[...ranges, ...old].map(removeRange)];
  await client.txn({ success }, { isRepeatable: true });
}

/** Removes chunks of writers that ended before they could refer to them. */
async function collect(place: LogPlace): Promise<void> {
  const { client, keys } = place;
  await client.txn({ success: [put(keys.sweep, withHeader({}))] }, { isRepeatable: true });
  const head = await readHead(place);
  // Every append from now on is behind the head, and every checkpoint that is under way notices the sweep.
  const ofBatches = await foldersIn(place, keys.chunksOfBatches(0, head.revision + 1));
  for (const folder of ofBatches) {
    const { kvs } = await client.range({ key: keyBytes(keys.batch(revisionIn(folder)!)) });
    const used = kvs[0] && splitHeader<Batch>(kvs[0]).header.id;
    if (!folder.endsWith(`/${used}/`)) await dropChunks(client, folder);
  }
  for (const folder of await foldersIn(place, keys.chunksOfCheckpoints(0))) {
    const { kvs } = await client.range({ key: keyBytes(keys.checkpoint(revisionIn(folder)!)) });
    const used = kvs[0] && splitHeader<Manifest>(kvs[0]).header.id;
    if (!folder.endsWith(`/${used}/`)) await dropChunks(client, folder);
  }
}

/** The folders of chunks in a range: `…/<revision>/<id>/`. One at a time: etcd loads the values of keys even if it tells only keys. */
async function foldersIn({ client }: LogPlace, { key, rangeEnd }: KeyRange): Promise<string[]> {
  const folders: string[] = [];
  for (let from = key; ; ) {
    const { kvs } = await client.range({ key: from, rangeEnd, limit: 1n, keysOnly: true });
    if (!kvs[0]) return folders;
    const folder = keyText(kvs[0].key).replace(/[^/]*$/, "");
    folders.push(folder);
    from = keysUnder(folder).rangeEnd;
  }
}
