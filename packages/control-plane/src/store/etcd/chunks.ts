import { FairleadError } from "../../errors.ts";
import type { EtcdClient } from "./client.ts";
import { keyBytes, keysUnder, keyText } from "./keys.ts";
import { chunkKey } from "./log-keys.ts";
import { put, removeRange } from "./operations.ts";

/** Bytes of one chunk: a request may have 1.5 MiB by etcd's default. */
const CHUNK_BYTES = 1024 * 1024;
/** Chunks of one answer. */
const PAGE = 16;

/** Writes bytes under a folder of keys, which nobody reads before it is referred to. @returns how many chunks there are, and bytes */
export async function writeChunks(
  client: EtcdClient,
  folder: string,
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly chunks: number; readonly bytes: number }> {
  let chunks = 0;
  let bytes = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const flush = async (): Promise<void> => {
    const all = Buffer.concat(waiting);
    const chunk = all.subarray(0, CHUNK_BYTES);
    waiting = [all.subarray(chunk.length)];
    waitingBytes -= chunk.length;
    await client.txn({ success: [put(chunkKey(folder, chunks++), chunk)] }, { isRepeatable: true });
  };
  for await (const part of parts) {
    bytes += part.length;
    waiting.push(part);
    waitingBytes += part.length;
    while (waitingBytes >= CHUNK_BYTES) await flush();
  }
  if (waitingBytes > 0) await flush();
  return { chunks, bytes };
}

/** Reads what {@link writeChunks} wrote, as it was at a revision of etcd. @throws FairleadError `store-unusable` if a chunk is missing */
export async function readChunks(
  client: EtcdClient,
  folder: string,
  chunks: number,
  revision: bigint,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  const { rangeEnd } = keysUnder(folder);
  for (let before = -1; parts.length < chunks && parts.length > before; ) {
    before = parts.length;
    const key = keyBytes(chunkKey(folder, parts.length));
    const { kvs } = await client.range({ key, rangeEnd, limit: BigInt(PAGE), revision });
    for (const kv of kvs) {
      if (keyText(kv.key) !== chunkKey(folder, parts.length)) break;
      parts.push(kv.value);
    }
  }
  if (parts.length === chunks) return parts;
  const message = `${client.name}: of ${folder} are ${parts.length} of ${chunks} chunks there: somebody removed keys; restore a backup`;
  throw new FairleadError("store-unusable", message);
}

/** Removes chunks that nobody refers to; if that fails, they are collected with the next checkpoint. */
export async function dropChunks(client: EtcdClient, folder: string): Promise<void> {
  await client.txn({ success: [removeRange(keysUnder(folder))] }, { isRepeatable: true }).catch(() => {});
}
