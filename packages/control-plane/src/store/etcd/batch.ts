import { FairleadError } from "../../errors.ts";
import { decodeRecord } from "../codec/record.ts";
import type { CommitRecord } from "../commit-log.ts";
import type { KeyValue } from "./client.ts";
import { keyText } from "./keys.ts";

/** How much was ever appended: what retention goes by. */
export interface Totals {
  readonly records: number;
  readonly bytes: number;
}

/** Records that were appended together, as one key: a line of JSON, and behind it the records, unless they are in chunks. */
export interface Batch {
  /** Of this append and no other. */
  readonly id: string;
  readonly revisions: readonly number[];
  /** Bytes of each record. */
  readonly sizes: readonly number[];
  /** How many keys the bytes are in; 0: they follow. */
  readonly chunks: number;
  /** With this batch. */
  readonly totals: Totals;
}

/** The newest state of a log that is known. */
export interface Head {
  /** Of the newest record; 0: there is none. */
  readonly revision: number;
  readonly totals: Totals;
  /** The revision of etcd that last wrote it; 0: it is not there. */
  readonly modRevision: bigint;
  /** The one that first wrote it, which tells a log from another one that was begun after it was removed; 0: it is not there. */
  readonly createRevision: bigint;
}

/** The head of a log without records. */
export const NO_HEAD: Head = { revision: 0, totals: { records: 0, bytes: 0 }, modRevision: 0n, createRevision: 0n };

const NEWLINE = 0x0a;

/** A line of JSON with bytes behind it. */
export function withHeader(header: object, body: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** What {@link withHeader} made. @throws FairleadError `store-unusable` */
export function splitHeader<T>({ key, value }: KeyValue): { readonly header: T; readonly body: Uint8Array } {
  try {
    const end = value.indexOf(NEWLINE);
    return { header: JSON.parse(Buffer.from(value.subarray(0, end)).toString()) as T, body: value.subarray(end + 1) };
  } catch (cause) {
    const where = keyText(key);
    throw new FairleadError(
      "store-unusable",
      `etcd: the key ${where} was not written by Fairlead: use another prefix`,
      {
        cause,
      },
    );
  }
}

/** The head of its key. */
export function headOf(kv: KeyValue | undefined): Head {
  if (kv === undefined) return NO_HEAD;
  const { revision, totals } = splitHeader<Pick<Head, "revision" | "totals">>(kv).header;
  return { revision, totals, modRevision: kv.modRevision, createRevision: kv.createRevision };
}

/** The value of the head's key. */
export function headValue({ revision, totals }: Pick<Head, "revision" | "totals">): Uint8Array {
  return withHeader({ revision, totals });
}

/** The records of a batch. @throws FairleadError `store-unusable` if they are damaged */
export function recordsOf({ sizes }: Batch, bytes: Uint8Array): CommitRecord[] {
  let at = 0;
  return sizes.map((size) => {
    const record = decodeRecord(bytes.subarray(at, at + size));
    at += size;
    return record;
  });
}
