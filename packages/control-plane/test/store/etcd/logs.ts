import { randomBytes } from "node:crypto";
import type { TestContext } from "node:test";
import type { EtcdLink } from "../../../../../test/support/etcd.ts";
import type { Checkpoint, CommitLog, CommitRecord, Retention } from "../../../src/store/commit-log.ts";
import { createEtcdClient, type EtcdClient } from "../../../src/store/etcd/client.ts";
import { createEtcdLog } from "../../../src/store/etcd/etcd-log.ts";
import { parseEtcdUrl } from "../../../src/store/etcd/settings.ts";
import { EMPTY_STATE } from "../../../src/store/store.ts";
import { entry } from "../../support/resources.ts";

/** A log that is open, and what it told. */
export interface OpenLog {
  readonly log: CommitLog;
  readonly client: EtcdClient;
  /** Revisions that were there, and those that were told since, in the order in which they were. */
  readonly revisions: number[];
  readonly restarts: number[];
  readonly reached: boolean[];
}

/** Opens a log by way of an address or a link; it ends with the test. */
export async function openLog(
  t: TestContext,
  { url }: Pick<EtcdLink, "url">,
  prefix: string,
  { appendTimeoutMs, ...retention }: Partial<Retention> & { readonly appendTimeoutMs?: number } = {},
): Promise<OpenLog> {
  const client = createEtcdClient(parseEtcdUrl(url));
  const log = createEtcdLog(client, { prefix, retention, ...(appendTimeoutMs && { appendTimeoutMs }) });
  const revisions: number[] = [];
  const restarts: number[] = [];
  const reached: boolean[] = [];
  t.after(async () => {
    await log.close();
    client.close();
  });
  const { checkpoint, records } = await log.open({
    appended: (records) => revisions.push(...records.map(({ revision }) => revision)),
    restarted: ({ checkpoint, records }) => restarts.push([...records].at(-1)?.revision ?? checkpoint!.state.revision),
    reachable: (isReachable) => reached.push(isReachable),
  });
  if (checkpoint) revisions.push(checkpoint.state.revision);
  for (const { revision } of records) revisions.push(revision);
  return { log, client, revisions, restarts, reached };
}

/** A record with one resource of so many bytes, which don't compress. */
export function record(revision: number, bytes = 10): CommitRecord {
  const upsert = [entry("api", `r-${revision}`, randomBytes(bytes * 0.75).toString("base64"))];
  const changes = [{ kind: "update" as const, group: "g", owner: "api", upsert, remove: [] }];
  return { revision, committedAtMs: revision, author: "me", reason: undefined, changes };
}

/** A checkpoint of nothing at a revision. */
export function checkpoint(revision: number): Checkpoint {
  return { state: { ...EMPTY_STATE, revision }, committedAtMs: revision };
}

/** The keys under a prefix, without it. */
export async function keysOf(client: EtcdClient, prefix: string): Promise<string[]> {
  const key = Buffer.from(`${prefix}/`);
  const { kvs } = await client.range({ key, rangeEnd: Buffer.from(`${prefix}0`), keysOnly: true });
  return kvs.map(({ key }) => Buffer.from(key).toString().slice(prefix.length));
}
