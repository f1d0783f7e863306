import { setImmediate } from "node:timers/promises";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  ChangeSchema,
  CommitRecordSchema,
  type CommitRecord as Stored,
} from "../../../gen/fairlead/store/v1/store_pb.js";
import { FairleadError } from "../../errors.ts";
import type { CommitRecord } from "../commit-log.ts";
import type { Change, DocumentChange, Entry, Json } from "../store.ts";
import { packFrame, unpackFrames } from "./frame.ts";
import { fromStored, toStored } from "./stored-resource.ts";

/** Resources that are encoded in one go, some milliseconds; then the loop has its turn. */
const MAX_RESOURCES = 500;

// Fields of `CommitRecord`, `Change` and `DocumentChange`.
const CHANGES = 5;
const DOCUMENT = 3;
const KEY = 1;
const JSON_TEXT = 2;

/** A record as bytes. One of many resources is encoded in parts, between which the loop has its turn. */
export async function encodeRecord(record: CommitRecord): Promise<Uint8Array> {
  const frames: Uint8Array[] = [];
  for (const part of partsOf(record)) {
    if (frames.length > 0) await setImmediate();
    frames.push(packFrame(part));
  }
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** The record of these bytes, by which a state comes to the same. @throws FairleadError `store-unusable` if they are damaged */
export function decodeRecord(bytes: Uint8Array): CommitRecord {
  const changes: Change[] = [];
  let head: Stored | undefined;
  for (const part of unpackFrames(bytes)) {
    const stored = fromBinary(CommitRecordSchema, part);
    head ??= stored;
    for (const change of stored.changes) changes.push(...toChange(change));
  }
  const { revision = 0n, committedAtMs = 0n, author, reason } = head ?? {};
  return { revision: Number(revision), committedAtMs: Number(committedAtMs), author, reason, changes };
}

/** Each is a message of its own, the first with what is not repeated. */
function* partsOf({ revision, committedAtMs, author, reason, changes }: CommitRecord): Generator<Uint8Array> {
  const head = create(CommitRecordSchema, {
    revision: BigInt(revision),
    committedAtMs: BigInt(committedAtMs),
    ...(author !== undefined && { author }),
    ...(reason !== undefined && { reason }),
  });
  const part = new BinaryWriter().raw(toBinary(CommitRecordSchema, head));
  let resources = 0;
  for (const change of changes) {
    for (const { bytes, size } of encodedChanges(change)) {
      if (resources > 0 && resources + size > MAX_RESOURCES) {
        yield part.finish();
        resources = 0;
      }
      part.tag(CHANGES, WireType.LengthDelimited).bytes(bytes);
      resources += size;
    }
  }
  yield part.finish();
}

interface EncodedChange {
  /** A `Change`. */
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** One that gives many resources becomes several, which do the same one after the other. */
function* encodedChanges(change: Change): Generator<EncodedChange> {
  const encode = (kind: MessageInitShape<typeof ChangeSchema>["kind"] & object) =>
    toBinary(ChangeSchema, create(ChangeSchema, { kind }));
  if (change.kind === "document") {
    yield { bytes: encodeDocument(change), size: 1 };
    return;
  }
  if (change.kind === "withdraw") {
    const { group, owner } = change;
    yield { bytes: encode({ case: "withdrawal", value: { group, owner } }), size: 1 };
    return;
  }
  const { group, owner, upsert, remove, labels } = change;
  for (let from = 0; from === 0 || from < upsert.length; from += MAX_RESOURCES) {
    const entries = upsert.slice(from, from + MAX_RESOURCES);
    const value = {
      group,
      owner,
      upsert: entries.map(toStored),
      // What is taken is taken first; a label is of all that is given.
      ...(from === 0 && { remove: remove.map(({ typeUrl, name }) => ({ typeUrl, name })) }),
      ...(from + MAX_RESOURCES >= upsert.length && { labels: Object.fromEntries(labels ?? []) }),
    };
    yield { bytes: encode({ case: "update", value }), size: entries.length + (from === 0 ? remove.length : 0) };
  }
}

/** Field by field: each registration is one, and a message made and encoded by its description costs far more. */
function encodeDocument({ key, value }: DocumentChange): Uint8Array {
  const writer = new BinaryWriter().tag(DOCUMENT, WireType.LengthDelimited).fork();
  writer.tag(KEY, WireType.LengthDelimited).string(key);
  if (value !== undefined) writer.tag(JSON_TEXT, WireType.LengthDelimited).string(JSON.stringify(value));
  return writer.join().finish();
}

function toChange({ kind }: Stored["changes"][number]): readonly Change[] {
  if (kind.case === "update") {
    const { group, owner, upsert, remove, labels } = kind.value;
    const entries = upsert.map((stored): Entry => fromStored(stored, owner));
    const keys = remove.map(({ typeUrl, name }) => ({ typeUrl, name }));
    const named = Object.entries(labels);
    const wanted = named.length > 0 ? { labels: new Map(named) } : {};
    return [{ kind: "update", group, owner, upsert: entries, remove: keys, ...wanted }];
  }
  if (kind.case === "withdrawal") return [{ kind: "withdraw", group: kind.value.group, owner: kind.value.owner }];
  if (kind.case !== "document") {
    throw new FairleadError("store-unusable", "a record holds a change of a kind that this version does not know");
  }
  const { key, json } = kind.value;
  return [{ kind: "document", key, value: json === undefined ? undefined : (JSON.parse(json) as Json) }];
}
