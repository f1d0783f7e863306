import { setImmediate } from "node:timers/promises";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { emptyMap, type PersistentMap } from "@fairlead/xds";
import {
  CheckpointDocumentSchema,
  CheckpointGroupSchema,
  CheckpointSchema,
  type Checkpoint as Stored,
} from "../../../gen/fairlead/store/v1/store_pb.js";
import type { Checkpoint } from "../commit-log.ts";
import { labelKey } from "../labels.ts";
import {
  DERIVED_OWNER,
  type Document,
  type Entry,
  entryOf,
  type GroupState,
  type Json,
  keyOf,
  type Owner,
  type ResourceKey,
  type StoreState,
  type UsedLabel,
} from "../store.ts";
import { packFrame, unpackFrames } from "./frame.ts";
import { fromStored, toStored } from "./stored-resource.ts";

/** Entries and documents of one part: some milliseconds of encoding. */
const MAX_ENTRIES = 500;
/** Bytes of resources in one part; a single one may be larger. */
const MAX_BYTES = 512 * 1024;

/**
 * A checkpoint as bytes, in parts of about half a MB before compression (more if one resource is larger), without what was derived.
 * Between the parts the loop has its turn.
 */
export async function* checkpointParts(checkpoint: Checkpoint): AsyncGenerator<Uint8Array> {
  for (const part of partsOf(checkpoint)) {
    yield packFrame(toBinary(CheckpointSchema, part));
    await setImmediate();
  }
}

/** The checkpoint of all its parts, in any cut. @throws FairleadError `store-unusable` if they are damaged */
export function readCheckpoint(parts: Iterable<Uint8Array>): Checkpoint {
  const reader = createReader();
  for (const part of parts) {
    for (const content of unpackFrames(part)) reader.add(fromBinary(CheckpointSchema, content));
  }
  return reader.finish();
}

function* partsOf({ state, committedAtMs }: Checkpoint): Generator<Stored> {
  const { revision, groups, documents } = state;
  const head = { revision: BigInt(revision), committedAtMs: BigInt(committedAtMs) };
  let part = create(CheckpointSchema, head);
  let entries = 0;
  let bytes = 0;
  const isFull = () => entries >= MAX_ENTRIES || bytes >= MAX_BYTES;
  const next = () => {
    const full = part;
    part = create(CheckpointSchema, head);
    entries = bytes = 0;
    return full;
  };
  const addGroup = (group: MessageInitShape<typeof CheckpointGroupSchema>) => {
    part.groups.push(create(CheckpointGroupSchema, group));
    entries++;
  };
  for (const group of groups.values()) {
    addGroup(headOf(group));
    for (const [owner, keys] of group.owners) {
      if (owner === DERIVED_OWNER) continue;
      let owned: Entry[] = [];
      const flush = () => {
        addGroup({
          group: group.group,
          revision: BigInt(group.revision),
          owners: [{ owner, resources: owned.map(toStored) }],
        });
        owned = [];
      };
      for (const key of keys.values()) {
        const entry = entryOf(group, key)!;
        owned.push(entry);
        entries++;
        bytes += entry.resource.value.length;
        if (!isFull()) continue;
        flush();
        yield next();
      }
      if (owned.length > 0) flush();
    }
    if (isFull()) yield next();
  }
  for (const { key, value, revision: changedAt } of documents.values()) {
    const json = JSON.stringify(value);
    part.documents.push(create(CheckpointDocumentSchema, { key, json, revision: BigInt(changedAt) }));
    entries++;
    bytes += json.length;
    if (isFull()) yield next();
  }
  yield part;
}

function headOf({
  group,
  revision,
  owners,
  labels,
  usedLabels,
}: GroupState): MessageInitShape<typeof CheckpointGroupSchema> {
  return {
    group,
    revision: BigInt(revision),
    owners: [...owners.keys()].filter((owner) => owner !== DERIVED_OWNER).map((owner) => ({ owner })),
    labels: Object.fromEntries(labels),
    usedLabels: [...usedLabels.values()].map(({ typeUrl, label, owner, digest }) => ({
      typeUrl,
      label,
      owner,
      digest,
    })),
  };
}

interface GroupDraft {
  readonly revision: number;
  readonly types: Map<string, PersistentMap<Entry>>;
  readonly owners: Map<Owner, PersistentMap<ResourceKey>>;
  readonly labels: Map<string, string>;
  readonly usedLabels: Map<string, UsedLabel>;
}

function createReader() {
  let head = { revision: 0, committedAtMs: 0 };
  const drafts = new Map<string, GroupDraft>();
  let documents = emptyMap<Document>();

  const addGroup = (stored: Stored["groups"][number]) => {
    const draft = drafts.get(stored.group) ?? {
      revision: Number(stored.revision),
      types: new Map(),
      owners: new Map(),
      labels: new Map(),
      usedLabels: new Map(),
    };
    drafts.set(stored.group, draft);
    for (const { owner, resources } of stored.owners) {
      let keys = draft.owners.get(owner) ?? emptyMap<ResourceKey>();
      for (const resource of resources) {
        const entry = fromStored(resource, owner);
        const { typeUrl, name } = entry.resource;
        keys = keys.set(keyOf({ typeUrl, name }), { typeUrl, name });
        draft.types.set(typeUrl, (draft.types.get(typeUrl) ?? emptyMap<Entry>()).set(name, entry));
      }
      draft.owners.set(owner, keys);
    }
    for (const [typeUrl, label] of Object.entries(stored.labels)) draft.labels.set(typeUrl, label);
    for (const { typeUrl, label, owner, digest } of stored.usedLabels) {
      draft.usedLabels.set(labelKey(typeUrl, label), { typeUrl, label, owner, digest });
    }
  };

  return {
    add({ revision, committedAtMs, groups, documents: added }: Stored): void {
      head = { revision: Number(revision), committedAtMs: Number(committedAtMs) };
      groups.forEach(addGroup);
      for (const { key, json, revision: changedAt } of added) {
        documents = documents.set(key, { key, value: JSON.parse(json) as Json, revision: Number(changedAt) });
      }
    },
    finish(): Checkpoint {
      let groups: StoreState["groups"] = emptyMap();
      for (const [group, draft] of drafts) groups = groups.set(group, { group, ...draft });
      return { state: { revision: head.revision, groups, documents }, committedAtMs: head.committedAtMs };
    },
  };
}
