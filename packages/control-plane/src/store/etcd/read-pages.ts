import type { EtcdClient, KeyValue } from "./client.ts";
import type { KeyRange } from "./keys.ts";

/** One answer of {@link readPages}. */
export interface Page {
  readonly kvs: readonly KeyValue[];
  /** The revision of etcd that all pages show. */
  readonly revision: bigint;
}

/** How {@link readPages} reads. */
export interface ReadOptions {
  /** Keys of one page. Default 500. */
  readonly limit?: number;
  /** Without values. */
  readonly keysOnly?: boolean;
  /** The revision of etcd to read. Default: the newest. */
  readonly revision?: bigint;
}

/**
 * Reads a range page by page, in the order of keys, all of it as it was at one revision. The last page may be empty.
 *
 * @throws EtcdError `compacted` if that took longer than etcd keeps old revisions
 */
export async function* readPages(
  client: EtcdClient,
  { key, rangeEnd }: KeyRange,
  { limit = 500, keysOnly = false, revision = 0n }: ReadOptions = {},
): AsyncGenerator<Page> {
  let from = key;
  let shown = revision;
  for (;;) {
    const answer = await client.range({ key: from, rangeEnd, limit: BigInt(limit), revision: shown, keysOnly });
    shown ||= answer.header!.revision;
    yield { kvs: answer.kvs, revision: shown };
    if (!answer.more) return;
    const last = answer.kvs.at(-1)!.key;
    from = new Uint8Array(last.length + 1);
    from.set(last);
  }
}
