import { randomUUID } from "node:crypto";
import type { ResponseOp } from "../../../gen/etcd/rpc_pb.js";
import { FairleadError } from "../../errors.ts";
import { encodeRecord } from "../codec/record.ts";
import type { CommitRecord } from "../commit-log.ts";
import { type Batch, type Head, headOf, headValue, splitHeader, withHeader } from "./batch.ts";
import { dropChunks, writeChunks } from "./chunks.ts";
import type { EtcdError } from "./etcd-error.ts";
import type { LogPlace } from "./log-keys.ts";
import { found, get, isAt, put } from "./operations.ts";

/** Bytes of records that are written with the head in one go; more are written in chunks first, that nobody sees. */
const INLINE_BYTES = 256 * 1024;
/** How long one attempt may take, ms: an election of etcd's swallows what was under way. */
const ATTEMPT_MS = 1_500;

/** What became of an append. */
export type Appended =
  /** There, and `head` is it. */
  | { readonly kind: "appended"; readonly head: Head }
  /** Not there and never will be: others were first. */
  | { readonly kind: "behind"; readonly head: Head };

/** What {@link appendBatch} needs. */
export interface AppendOptions {
  /** As far as is known. */
  readonly head: Head;
  /** Unique to this append. */
  readonly id: string;
  /** How long it may take with all its attempts, ms. */
  readonly timeoutMs: number;
}

/** Another id for an append of this process. */
export function createIds(): { readonly mine: (id: string) => boolean; readonly next: () => string } {
  const process = randomUUID();
  let count = 0;
  return { mine: (id) => id.startsWith(process), next: () => `${process}-${++count}` };
}

/** Thrown by {@link appendBatch} when the batch may yet turn out to be there. */
export class UnknownAppend extends FairleadError {
  constructor(name: string, cause: Error) {
    super(
      "store-unavailable",
      `${name} did not say in time if the commit was made: it may have been made; read before you ask again (${cause.message})`,
      { cause },
    );
  }
}

/**
 * Appends records behind the head, all or none. The head's revision in etcd is the fence: whoever writes it keeps every older
 * attempt from being made, also one that is still on its way. So a commit whose fate is unknown gets one as soon as etcd answers.
 *
 * @throws UnknownAppend, FairleadError `store-full`, `store-unavailable` (it was not made, and won't be)
 */
export async function appendBatch(
  { client, keys }: LogPlace,
  records: readonly CommitRecord[],
  { head: known, id, timeoutMs }: AppendOptions,
): Promise<Appended> {
  const deadline = performance.now() + timeoutMs;
  const encoded = await Promise.all(records.map(encodeRecord));
  const bytes = encoded.reduce((sum, { length }) => sum + length, 0);
  const revisions = records.map(({ revision }) => revision);
  const revision = revisions.at(-1)!;
  const key = keys.batch(revision);
  const folder = keys.batchChunks(revision, id);
  const isInline = bytes <= INLINE_BYTES;
  const totals = { records: known.totals.records + records.length, bytes: known.totals.bytes + bytes };
  let head = known;
  let attemptMs = ATTEMPT_MS;

  const left = () => Math.max(1, Math.min(attemptMs, deadline - performance.now()));
  const commit = async (chunks: number): Promise<Appended | undefined> => {
    const batch: Batch = { id, revisions, sizes: encoded.map(({ length }) => length), chunks, totals };
    const { succeeded, responses, header } = await client.txn(
      {
        compare: [isAt(keys.head, head.modRevision)],
        success: [
          put(keys.head, headValue({ revision, totals })),
          put(key, withHeader(batch, isInline ? Buffer.concat(encoded) : undefined)),
        ],
        failure: [get(keys.head)],
      },
      { timeoutMs: left() },
    );
    if (succeeded) return { kind: "appended", head: { ...written(header!.revision), revision, totals } };
    return passed(responses[0]);
  };
  const written = (at: bigint): Head => ({ ...head, modRevision: at, createRevision: head.createRevision || at });
  /** Others have written the head; a mere fence leaves the records as they were. */
  const passed = (response: ResponseOp | undefined): Appended | undefined => {
    const before = head;
    head = headOf(found(response));
    const isSame = head.revision === before.revision && head.createRevision === before.createRevision;
    return isSame ? undefined : { kind: "behind", head };
  };
  /** Has etcd say what became of an attempt, by making sure that nothing can become of it any more. */
  const settle = async (): Promise<Appended | undefined> => {
    const { succeeded, responses, header } = await client.txn(
      {
        compare: [isAt(keys.head, head.modRevision)],
        success: [put(keys.head, headValue(head))],
        failure: [get(keys.head), get(key)],
      },
      { timeoutMs: left(), isRepeatable: true },
    );
    if (succeeded) {
      head = written(header!.revision);
      return undefined;
    }
    const there = found(responses[1]);
    if (there && splitHeader<Batch>(there).header.id === id)
      return { kind: "appended", head: headOf(found(responses[0])) };
    return passed(responses[0]);
  };

  let isUnknown = false;
  const run = async (chunks: number): Promise<Appended> => {
    for (;;) {
      try {
        const outcome = isUnknown ? await settle() : await commit(chunks);
        isUnknown = false;
        if (outcome) return outcome;
      } catch (thrown) {
        const error = thrown as EtcdError;
        const { etcdKind } = error;
        isUnknown ||= etcdKind === "unknown";
        const isPassing = etcdKind === "unknown" || etcdKind === "unreachable" || etcdKind === "token";
        const isOver = performance.now() >= deadline;
        if (isUnknown && (isOver || !isPassing)) throw new UnknownAppend(client.name, error);
        if (isOver || !isPassing) throw notMade(error);
        attemptMs *= 2;
      }
    }
  };
  const { chunks } = isInline ? { chunks: 0 } : await writeChunks(client, folder, encoded);
  try {
    const outcome = await run(chunks);
    if (outcome.kind === "behind" && !isInline) await dropChunks(client, folder);
    return outcome;
  } catch (error) {
    if (!isInline && !(error instanceof UnknownAppend)) await dropChunks(client, folder);
    throw error;
  }
}

function notMade(error: EtcdError): FairleadError {
  if (error.code === "store-full") return error;
  return new FairleadError("store-unavailable", `the commit was not made: ${error.message}`, { cause: error });
}
